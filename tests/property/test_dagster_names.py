"""Names that Dagster takes: two different names never meet."""

import itertools
import re

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.graph import names

TEXT = st.text(
    st.sampled_from("ab_x0-2df./~: é") | st.characters(exclude_categories=["Cs"]), max_size=12
)
NAME = st.text(st.sampled_from("ax_-0apis/~"), max_size=8)


@given(TEXT)
def test_both_can_be_undone(text: str) -> None:
    assert plain_identifier(names.identifier(text)) == text
    assert plain_component(names.component(text)) == text


@given(TEXT)
def test_dagster_takes_them(text: str) -> None:
    dg.AssetSpec(
        list(names.source_key(text)),
        group_name=names.group(text),
        owners=[names.owner(text)],
        tags=names.tags([text]),
    )
    dg.AssetCheckSpec(names.identifier(text), asset="a")


@given(st.lists(st.tuples(NAME, NAME), unique=True, max_size=6))
def test_no_two_products_meet(pairs: list[tuple[str, str]]) -> None:
    keys: list[tuple[str, ...]] = [names.product_key(*pair) for pair in pairs]
    keys += [names.endpoint_key(*pair) for pair in pairs]
    keys += [
        names.source_key(f"{domain}/{name}") for domain, name in pairs if "/" not in domain + name
    ]
    assert len(set(keys)) == len(keys)


def test_no_two_short_texts_meet() -> None:
    texts = ["".join(chars) for n in range(5) for chars in itertools.product("x_-2d", repeat=n)]
    for function in (names.identifier, names.component, names.tag):
        assert len({function(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("text", "group", "part"),
    [
        ("smart-grid", "smart_grid", "smart-grid"),
        ("smart_grid", "smart__grid", "smart_grid"),
        ("Vertrieb Süd", "Vertrieb_x20_S_xfc_d", "Vertrieb_x20_S_xfc_d"),
        ("2024.csv", "2024_x2e_csv", "2024.csv"),
        ("", "_x_", "_x_"),
    ],
)
def test_names_stay_readable(text: str, group: str, part: str) -> None:
    assert (names.group(text), names.component(text)) == (group, part)


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("data-team", "team:data-team"),
        ("team:data-team", "team:data-team"),
        ("Team A", "team:Team_x20_A"),
        ("a.b@example.com", "a.b@example.com"),
        ("a@b.c", "team:a_x40_b.c"),  # not an address in Dagster's eyes
    ],
)
def test_owner(owner: str, expected: str) -> None:
    assert names.owner(owner) == expected


def plain_identifier(name: str) -> str:
    """What `identifier` made this of."""
    return re.sub(r"__|_x([0-9a-f]*)_|_", _from_identifier, name)


def plain_component(name: str) -> str:
    """What `component` made this of."""
    return re.sub(r"_x([0-9a-f]*)_", _unescape, name)


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else ""


def _from_identifier(match: re.Match[str]) -> str:
    if match[0] == "__":
        return "_"
    return "-" if match[0] == "_" else _unescape(match)
