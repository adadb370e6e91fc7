"""Which ConfigMap has which product."""

from hypothesis import given
from hypothesis import strategies as st

from dphub_k8s.reconcile.parts import LIMIT, assigned, size

THIRD = "x" * (LIMIT // 3 - 10)
TEXTS = st.sampled_from(["{}", "é" * 100, THIRD, "y" * (LIMIT // 2), "z" * (LIMIT - 10)])
SPECS = st.dictionaries(st.sampled_from("abcdefgh"), TEXTS)


def test_the_first_is_there_without_products() -> None:
    assert assigned({}, []) == [{}]


def test_what_does_not_fit_goes_into_the_next() -> None:
    parts = assigned(dict.fromkeys("abcd", THIRD), [])
    assert [sorted(part) for part in parts] == [["a", "b", "c"], ["d"]]


def test_only_the_part_of_a_changed_product_changes() -> None:
    before = assigned(dict.fromkeys("abcdefg", THIRD), [])
    after = assigned({**dict.fromkeys("abcdefg", THIRD), "e": "{}"}, before)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_what_grows_out_of_its_part_moves_alone() -> None:
    before = assigned({**dict.fromkeys("abc", THIRD), "d": "{}"}, [])
    assert [sorted(part) for part in before] == [["a", "b", "c", "d"]]
    after = assigned({**dict.fromkeys("abc", THIRD), "d": THIRD}, before)
    assert [sorted(part) for part in after] == [["a", "b", "c"], ["d"]]


def test_a_product_that_goes_leaves_the_others_where_they_are() -> None:
    before = assigned(dict.fromkeys("abcdefg", THIRD), [])
    after = assigned(dict.fromkeys("bdefg", THIRD), before)
    assert [sorted(part) for part in after] == [["b"], ["d", "e", "f"], ["g"]]


def test_the_last_parts_go_when_they_are_empty() -> None:
    before = assigned(dict.fromkeys("abcdefg", THIRD), [])
    assert assigned({"a": THIRD}, before) == [{"a": THIRD}]


def test_a_product_in_two_parts_is_one_of_a_move_that_was_broken_off() -> None:
    assert assigned({"a": "{}"}, [{"a": "{}"}, {"a": "{}"}]) == [{"a": "{}"}]


@given(SPECS, SPECS)
def test_everything_is_somewhere_once_and_what_has_not_changed_stays(
    before: dict[str, str], after: dict[str, str]
) -> None:
    first = assigned(before, [])
    second = assigned(after, first)
    assert {name: text for part in second for name, text in part.items()} == after
    assert sum(map(len, second)) == len(after)
    assert all(sum(map(size, part, part.values())) <= LIMIT for part in second)
    assert second == assigned(after, second)
    for old, new in zip(first, second, strict=False):
        assert {n for n in old if after.get(n) == old[n]} <= new.keys()
