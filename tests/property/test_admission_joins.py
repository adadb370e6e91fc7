"""Joins are accepted when, and only when, they make one tree of all sources."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Problem, Refused
from tests.factories import product

ALIASES = "abcde"


def is_tree(aliases: str, pairs: list[tuple[str, str]]) -> bool:
    reached = {aliases[0]}
    for _ in aliases:
        reached |= {end for pair in pairs if reached & set(pair) for end in pair}
    return len(pairs) == len(aliases) - 1 and reached == set(aliases)


def problems(document: object) -> tuple[Problem, ...]:
    try:
        admit(document)
    except Refused as refused:
        return refused.problems
    return ()


@given(st.integers(1, 5), st.data())
def test_joins_are_one_tree(number: int, data: st.DataObject) -> None:
    aliases = ALIASES[:number]
    ends = st.sampled_from(aliases)
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=number))
    joins: list[dict[str, Any]] = [
        {"left": left, "right": right, "on": ["item"]} for left, right in pairs
    ]
    wrong = problems(product(sources=aliases, joins=joins))
    assert all(problem.path.startswith("spec.backend.joins") for problem in wrong)
    assert (not wrong) == is_tree(aliases, pairs)
