"""Joins of two and three sources, against polars."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from unittest.mock import patch

import polars as pl
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dphub_assets.build import sql
from dphub_assets.build.joins import visible
from tests import build_products, factories
from tests.build_products import examples

How = Literal["inner", "left", "right", "full", "semi", "anti"]
SCHEMA = {"k": pl.Int32, "m": pl.String, "v": pl.Int32}
PAIRS = [
    {"on": ["k"]},
    {"on": ["k", "m"]},
    {"keys": [{"left": "k", "right": "k"}, {"left": "m", "right": "m"}]},
    {"keys": [{"left": "k", "right": "v"}]},
]
TREES = [
    [("a", "b")],
    [("a", "b"), ("b", "c")],
    [("b", "c"), ("a", "b")],
    [("b", "a"), ("c", "b")],
    [("a", "b"), ("a", "c")],
    [("b", "a"), ("c", "a")],
    [("c", "a"), ("a", "b")],
]


@dataclass(frozen=True)
class Case:
    frames: dict[str, pl.DataFrame]
    joins: list[dict[str, Any]]


rows = st.tuples(
    st.none() | st.integers(0, 2), st.none() | st.sampled_from("xyé"), st.none() | st.integers(0, 3)
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    tree = draw(st.sampled_from(TREES))
    joins = []
    for left, right in draw(st.permutations(tree)):
        how = draw(st.sampled_from(["inner", "left", "right", "full", "semi", "anti"]))
        joins.append({"left": left, "right": right, "how": how, **draw(st.sampled_from(PAIRS))})
    aliases = sorted({alias for pair in tree for alias in pair})
    frames = {
        alias: pl.DataFrame(draw(st.lists(rows, max_size=6)), SCHEMA, orient="row")
        for alias in draw(st.permutations(aliases))
    }
    return Case(frames, joins)


def pairs(join: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, name) for name in join.get("on", [])] + [
        (key["left"], key["right"]) for key in join.get("keys", [])
    ]


def joined(
    start: str, joins: list[dict[str, Any]], frames: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    """All that is joined to `start`, with columns such as `a.k`; uses up `joins`."""
    found = frames[start].rename({name: f"{start}.{name}" for name in SCHEMA})
    inside = {start}
    while join := next((j for j in joins if {j["left"], j["right"]} & inside), None):
        joins.remove(join)
        left, right = join["left"], join["right"]
        left_on = [f"{left}.{one}" for one, _ in pairs(join)]
        right_on = [f"{right}.{other}" for _, other in pairs(join)]
        how = cast("How", join["how"])
        if how in ("semi", "anti"):
            tested = joined(right, joins, frames)
            found = found.join(tested, how=how, left_on=left_on, right_on=right_on)
            inside.add(right)
            continue
        other = right if left in inside else left
        more = frames[other].rename({name: f"{other}.{name}" for name in SCHEMA})
        ends = (found, more) if left in inside else (more, found)
        found = ends[0].join(ends[1], how=how, left_on=left_on, right_on=right_on, coalesce=False)
        inside.add(other)
    return found


def expected(case: Case, shown: tuple[str, ...], start: str, *, whole_key: bool) -> list[Any]:
    found = joined(start, list(case.joins), case.frames)
    columns = [pl.col(f"{alias}.{name}") for alias in shown for name in SCHEMA]
    if whole_key:
        columns.append(pl.coalesce([pl.col(f"{alias}.k") for alias in shown]).alias("k"))
    return found.select(columns).rows()


@examples
@given(cases())
@example(
    Case(
        {alias: pl.DataFrame([(n, "x", n)], SCHEMA, orient="row") for n, alias in enumerate("abc")},
        [
            {"left": "a", "right": "b", "how": "full", "on": ["k"]},
            {"left": "b", "right": "c", "how": "full", "on": ["k"]},
        ],
    )
)
def test_joins_are_what_polars_says(case: Case) -> None:
    sources = {alias: {"path": f"{alias}.parquet"} for alias in case.frames}
    probe = factories.admitted(sources=sources, joins=case.joins, columns={"z": "int"})
    shown = visible(probe.spec.backend)
    assume(shown)
    whole_key = all(("k", "k") in pairs(join) for join in case.joins)
    columns: dict[str, Any] = {
        f"{alias}_{name}": {"type": "string" if name == "m" else "int", "source": f"{alias}.{name}"}
        for alias in shown
        for name in SCHEMA
    }
    if whole_key:
        columns["k"] = "int"
    product = factories.admitted(sources=sources, joins=case.joins, columns=columns)
    start = next(end for j in case.joins for end in (j["left"], j["right"]) if end in shown)
    with tempfile.TemporaryDirectory() as folder:
        build_products.write(Path(folder), case.frames)
        written = build_products.files_only(Path(folder), product)
        found = build_products.query(f"SELECT * EXCLUDE _ordinal FROM '{written.file}'")
        with patch.object(sql, "RANK_ROWS", -1):
            carried = build_products.files_only(Path(folder), product)
    assert Counter(found) == Counter(expected(case, shown, start, whole_key=whole_key))
    assert carried.rows == written.rows
