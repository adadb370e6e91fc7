"""One question as each server takes it, and what its answer says."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from bench.peers.server import Request
from bench.peers.spelled import Asked

# Rows of a long page; how many draws a question has.
LONG, TIMES = 1000, 50

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Question:
    """`draws` are what is asked for, one after the other: each makes the `values` of `statement`,
    and the request of every server that can answer."""

    name: str
    wanted: str
    columns: Sequence[str]
    draws: Sequence[Any]
    statement: str
    asked: Mapping[str, Asked]
    values: Callable[[Any], Sequence[object]] = lambda draw: [draw]
    wide: bool = False

    def requests(self, server: str, count: int) -> list[Request]:
        return [self.asked[server](draw) for draw in self.draws[:count]]


def rows(body: bytes, columns: Sequence[str]) -> list[Row]:
    """What all answers have in common: rows, whatever is around them and in them."""
    found = json.loads(body)
    if isinstance(found, int):
        found = [{columns[0]: found}]
    elif isinstance(found, dict):
        found = found.get("value", [found])
    return [{name: flat.get(name) for name in columns} for flat in map(_flat, found)]


def plain(result: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> list[Row]:
    """The same of what DuckDB gives."""
    names = [each[0] for each in result.description or ()]
    found = [dict(zip(names, map(_json, row), strict=True)) for row in result.fetchall()]
    return [{name: row[name] for name in columns} for row in found]


def _flat(row: Row) -> Row:
    """With the values of what was expanded."""
    inner = [value for value in row.values() if isinstance(value, dict)]
    return {**row, **{name: value for each in inner for name, value in each.items()}}


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value
