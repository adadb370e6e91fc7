"""The same of the big product, whose key spells the row."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import duckdb

from bench import data, raw
from bench.peers.question import LONG, TIMES, Question
from bench.peers.server import Server
from bench.peers.spelled import DATASETTE, OURS, ROAPI, after, by_sql, linked, ours, same, table
from bench.server import PAGE, SET

COLUMNS = list(data.COLUMNS)
ORDER = [*COLUMNS, raw.ORDINAL]
STAGE = 4
ROWS = 'outages.main."rows"'
SELECTED = f"SELECT {', '.join(COLUMNS)} FROM outages"
SORTED = ", ".join(ORDER)


@dataclass(frozen=True, slots=True)
class Place:
    """A row by its key, by its position, and by the values that are its order."""

    key: str
    position: int
    values: dict[str, Any]


def questions(database: duckdb.DuckDBPyConnection, server: Server) -> Iterator[Question]:
    drawn = list(places(database))
    yield page()
    yield key(drawn)
    yield count()
    yield link(drawn, server)


def places(database: duckdb.DuckDBPyConnection) -> Iterator[Place]:
    chance = random.Random(11)
    (total,) = database.execute(f"SELECT count(*) FROM {ROWS}").fetchall()[0]
    asked = _published("file_row_number = ?")
    for position in [chance.randrange(LONG, total - LONG) for _ in range(TIMES)]:
        ((key, *values),) = database.execute(asked, [position]).fetchall()
        ordinal = int(key.rpartition("~")[2])
        yield Place(key, position, dict(zip(ORDER, [*values, ordinal], strict=True)))


def page() -> Question:
    asked = f"{SELECTED} WHERE stage = {STAGE} ORDER BY day DESC, {SORTED} LIMIT {PAGE}"
    theirs = f"outages.json?stage__exact={STAGE}&_sort_desc=day&_size={PAGE}"
    return Question(
        "outages_page_100",
        "<= 31 ms",
        COLUMNS,
        [STAGE] * TIMES,
        _published(f"stage = ? ORDER BY day DESC NULLS LAST, file_row_number LIMIT {PAGE}"),
        {
            OURS: lambda stage: ours(SET, top=PAGE, filter=f"stage eq {stage}", orderby="day desc"),
            ROAPI: by_sql(ROAPI, lambda _: asked),
            DATASETTE: lambda _: table(theirs),
        },
        wide=True,
    )


def key(drawn: list[Place]) -> Question:
    return Question(
        "outages_key",
        "<= 1.5 ms",
        COLUMNS,
        drawn,
        _published(" AND ".join(f"{name} = ?" for name in ORDER) + " LIMIT 1"),
        {
            OURS: lambda place: ours(SET + quote("('" + place.key.replace("'", "''") + "')")),
            ROAPI: by_sql(ROAPI, lambda place: f"{SELECTED} WHERE {same(place.values)} LIMIT 1"),
            DATASETTE: lambda place: table(f"outages/{place.position + 1}.json"),
        },
        lambda place: list(place.values.values()),
    )


def count() -> Question:
    asked = f"SELECT count(*) AS n FROM outages WHERE stage = {STAGE}"
    return Question(
        "outages_count",
        "<= 8 ms",
        ["n"],
        [STAGE] * TIMES,
        f"SELECT count(*) AS n FROM {ROWS} WHERE stage = ?",
        {
            OURS: lambda stage: ours(f"{SET}/$count", filter=f"stage eq {stage}"),
            ROAPI: by_sql(ROAPI, lambda _: asked),
            DATASETTE: by_sql(DATASETTE, lambda _: asked),
        },
        wide=True,
    )


def link(drawn: list[Place], server: Server) -> Question:
    """What was drawn is the last row on the page before."""
    links = {
        place.position: linked(server, f"{SET}?$skip={place.position - LONG + 1}", LONG)
        for place in drawn
    }
    asked = f"{SELECTED} WHERE {{}} ORDER BY {SORTED} LIMIT {LONG}"
    theirs = f"outages.json?_next={{}}&_size={LONG}"
    return Question(
        "outages_link_1000",
        "<= 8 ms",
        COLUMNS,
        drawn,
        _published(f"file_row_number > ? LIMIT {LONG}"),
        {
            OURS: lambda place: links[place.position],
            ROAPI: by_sql(ROAPI, lambda place: asked.format(after(place.values))),
            DATASETTE: lambda place: table(theirs.format(place.position + 1)),
        },
        lambda place: [place.position],
    )


def _published(condition: str) -> str:
    return raw.with_key(f"SELECT * FROM {ROWS} WHERE {condition}")
