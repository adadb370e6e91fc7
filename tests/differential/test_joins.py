"""Random joins of two to five tables, against polars. `make differential` looks at many.

A case is made of its number alone: DPHUB_CASES says how many, DPHUB_FIRST_CASE where they begin.
"""

import math
import os
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Literal, cast
from unittest.mock import patch

import duckdb
import polars as pl
import pytest

from dphub_assets.build import sql
from dphub_assets.build.joins import visible
from dphub_assets.build.plan import JoinPlan, make_plan
from dphub_assets.sources.relation import Relation
from dphub_assets.sources.schema import read_schema
from tests import factories

CASES, FIRST = (
    int(os.environ.get(name, default))
    for name, default in (("DPHUB_CASES", "60"), ("DPHUB_FIRST_CASE", "0"))
)
How = Literal["inner", "left", "right", "full", "semi", "anti"]
HOWS = ("inner", "left", "right", "full", "semi", "anti")
NAN = float("nan")
# A number that is a text is one of a CSV file.
# Column -> the types that it may have, its values, and what it is published and compared as.
NUMBERS: list[Any] = [
    pl.Int8,
    pl.Int32,
    pl.Int64,
    pl.UInt16,
    pl.Float64,
    pl.Decimal(9, 2),
    pl.String,
]
KINDS: dict[str, tuple[list[Any], list[Any], str, Any]] = {
    "k": (NUMBERS, [0, 1, 2, 3], "double", pl.Float64),
    "f": ([pl.Float64, pl.Float32], [0.0, -0.0, 0.5, NAN, 2.0], "double", pl.Float64),
    "m": ([pl.String], ["", "x", "y", "é", "e\u0301", "X"], "string", pl.String),
    "d": ([pl.Date, pl.Datetime], [1, 2, 3], "date", pl.Datetime("us")),
}
ALIKE = [("k", "f"), ("f", "k")]


class Case:
    """The tables, and a tree of joins over them."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        aliases = self.random.sample("abcde", self.random.choice([2, 2, 3, 3, 3, 4, 5]))
        self.frames = {alias: self._frame() for alias in aliases}
        self.joins = [self._join(n, aliases) for n in range(1, len(aliases))]
        self.random.shuffle(self.joins)

    def _frame(self) -> pl.DataFrame:
        rows = self.random.choice([0, 1, 3, 6, 12])
        return pl.DataFrame([self._column(name, rows) for name in KINDS])

    def _column(self, name: str, rows: int) -> pl.Series:
        types, values, _, _ = KINDS[name]
        kind, nulls = self.random.choice(types), self.random.choice([0.0, 0.2, 1.0])
        found = [
            None if self.random.random() < nulls else _typed(self.random.choice(values), kind)
            for _ in range(rows)
        ]
        return pl.Series(name, found, dtype=kind)

    def _join(self, number: int, aliases: list[str]) -> dict[str, Any]:
        """With one of the tables before it, on either side: chains, stars and what is between."""
        ends = [self.random.choice(aliases[:number]), aliases[number]]
        self.random.shuffle(ends)
        same = [(name, name) for name in KINDS]
        pairs = self.random.sample(same, self.random.choice([1, 1, 1, 2]))
        if self.random.random() < 0.2:
            pairs = [self.random.choice(ALIKE)]
        how = self.random.choice(HOWS)
        keys = [{"left": one, "right": other} for one, other in pairs]
        return {"left": ends[0], "right": ends[1], "how": how, "keys": keys}


def _typed(value: Any, kind: Any) -> Any:
    if kind == pl.Date:
        return date(2024, 1, value)
    if kind == pl.Datetime:
        return datetime(2024, 1, value)
    if kind == pl.String:
        return str(value)
    return Decimal(value) if isinstance(kind, pl.Decimal) else value


def oracle(case: Case, shown: tuple[str, ...], start: str) -> Counter[Any]:
    def joined(start: str, joins: list[dict[str, Any]]) -> pl.DataFrame:
        """All that is joined to `start`; uses up `joins`."""
        found, inside = named(start), {start}
        while join := next((j for j in joins if {j["left"], j["right"]} & inside), None):
            joins.remove(join)
            left, right = join["left"], join["right"]
            on: dict[str, Any] = {
                "left_on": [f"{left}.{key['left']}" for key in join["keys"]],
                "right_on": [f"{right}.{key['right']}" for key in join["keys"]],
            }
            how = cast("How", join["how"])
            if how in ("semi", "anti"):
                found = found.join(joined(right, joins), how=how, **on)
                inside.add(right)
                continue
            other = right if left in inside else left
            ends = (found, named(other)) if left in inside else (named(other), found)
            found = ends[0].join(ends[1], how=how, coalesce=False, **on)
            inside.add(other)
        return found

    def named(alias: str) -> pl.DataFrame:
        columns = [pl.col(name).cast(kind) for name, (_, _, _, kind) in KINDS.items()]
        frame = case.frames[alias].select(columns)
        return frame.rename({name: f"{alias}.{name}" for name in KINDS})

    names = [pl.col(f"{alias}.{name}") for alias in shown for name in KINDS]
    return Counter(map(_plain, joined(start, list(case.joins)).select(names).rows()))


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values that are equal where they should be: one NaN, dates without a time."""
    return tuple(
        "NaN"
        if isinstance(value, float) and math.isnan(value)
        else value.date()
        if isinstance(value, datetime)
        else value
        for value in row
    )


def differs(case: Case, connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """What the build makes of the case otherwise than polars; the empty text if nothing."""
    probe = _product(case, ())
    shown = visible(probe.spec.backend)
    if not shown:
        return ""
    for alias, frame in case.frames.items():
        connection.register("frame", frame.to_arrow())
        connection.execute(f'CREATE OR REPLACE TABLE "table {alias}" AS FROM frame')
    relations = {
        alias: Relation(alias, "Arrow", f'"table {alias}"', "", _untyped(frame))
        for alias, frame in case.frames.items()
    }
    schemas = {alias: read_schema(connection, found) for alias, found in relations.items()}
    plan = make_plan(_product(case, shown), schemas)
    start = next(end for j in case.joins for end in (j["left"], j["right"]) if end in shown)
    wanted = oracle(case, shown, start)
    tables = {alias: found.sql for alias, found in relations.items()}
    query = sql.rows(plan, tables).removeprefix(sql.UTC)
    shapes = {
        "rows": _rows(connection, plan, query),
        "ranked": _written(connection, plan, tables, folder, sql.RANK_ROWS),
        "carried": _written(connection, plan, tables, folder, -1),
    }
    for shape, found in shapes.items():
        if found != wanted:
            return f"{shape}: missing {wanted - found}, too many {found - wanted}\n{query}"
    return ""


def _untyped(frame: pl.DataFrame) -> frozenset[str]:
    return frozenset({"k"} if frame.schema["k"] == pl.String else ())


def _product(case: Case, shown: tuple[str, ...]) -> Any:
    columns = {
        f"{alias}_{name}": {"type": kind, "source": f"{alias}.{name}"}
        for alias in shown
        for name, (_, _, kind, _) in KINDS.items()
    }
    sources = {alias: {"path": f"{alias}.parquet"} for alias in case.frames}
    return factories.admitted(sources=sources, joins=case.joins, columns=columns or {"z": "int"})


def _rows(connection: duckdb.DuckDBPyConnection, plan: JoinPlan, query: str) -> Counter[Any]:
    names = ", ".join(f'"{column.name}"' for column in plan.columns)
    return Counter(map(_plain, connection.execute(f"SELECT {names} FROM ({query})").fetchall()))


def _written(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    tables: dict[str, str],
    folder: Path,
    rank_rows: int,
) -> Counter[Any]:
    with patch.object(sql, "RANK_ROWS", rank_rows):
        script = sql.script(plan, tables, folder / "rows.parquet")
    with connection.cursor() as cursor:  # its temporary tables are its own
        for statement in script.setup:
            cursor.execute(statement)
        cursor.execute(script.copy).fetchall()
        return _rows(cursor, plan, f"FROM '{folder / 'rows.parquet'}'")


@pytest.mark.timeout(0)
def test_joins_are_what_polars_says(tmp_path: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        for number in range(FIRST, FIRST + CASES):
            assert not (told := differs(Case(number), connection, tmp_path)), f"{number}: {told}"
