"""What a source has: of each column the type that every value fits, nulls, and how many differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from dphub_assets.build.cast import TEXTS, family
from dphub_assets.build.convert import cast, misfit
from dphub_assets.build.kinds import of as kind_of
from dphub_assets.build.text import commas, literal, name
from dphub_assets.infer import kinds, names
from dphub_assets.sources.formats import unreadable
from dphub_assets.sources.relation import UNTYPED, Relation
from dphub_assets.sources.schema import read_schema
from dphub_k8s.api.sources import Source
from dphub_k8s.api.types import ColumnType, parse_type

SAMPLE = 10_000
AT_ONCE = 64
# A decimal has room for more digits before the point; more of them behind it are measurements.
PRECISIONS, MOST_SCALE = (18, 38), 6
DOUBLE_DIGITS = 17


@dataclass(frozen=True, slots=True)
class Column:
    """`there` is its name in the source, `name` a name for it that OData allows; `values` are those
    that are not null, `distinct` is an estimate."""

    there: str
    name: str
    source_type: str
    kind: ColumnType
    values: int
    distinct: int

    @property
    def sql(self) -> str:
        return cast(name(self.there), self.source_type, self.kind)


@dataclass(frozen=True, slots=True)
class Profile:
    alias: str
    source: Source
    relation: Relation
    rows: int
    columns: tuple[Column, ...]

    def column(self, wanted: str) -> Column:
        return next(column for column in self.columns if column.name == wanted)


@dataclass
class _Open:
    """A column whose type is still looked for, among `candidates`, in this order."""

    there: str
    source_type: str
    candidates: list[str] = field(default_factory=list)

    @property
    def kind(self) -> ColumnType:
        return parse_type(self.candidates[0])

    @property
    def is_text(self) -> bool:
        return family(self.source_type) in TEXTS

    @property
    def meant(self) -> str:
        return f"nullif({name(self.there)}, '')" if self.is_text else name(self.there)


def profile(
    connection: duckdb.DuckDBPyConnection, alias: str, source: Source, relation: Relation
) -> Profile:
    """Raises SourceUnreadable."""
    schema = read_schema(connection, relation)
    found = [_Open(column.name, column.type) for column in schema.columns]
    try:
        _spelled(connection, relation, found)
        _nested(connection, relation, found)
        _decide(connection, relation, found)
        counted = _counted(connection, relation, found)
    except duckdb.Error as error:
        raise unreadable(relation, error) from error
    taken: list[str] = []
    columns = []
    for one, (values, distinct) in zip(found, counted, strict=True):
        taken.append(names.column(one.there, taken))
        made = Column(one.there, taken[-1], one.source_type, one.kind, values, distinct)
        columns.append(made)
    return Profile(alias, source, relation, schema.rows, tuple(columns))


def _spelled(
    connection: duckdb.DuckDBPyConnection, relation: Relation, found: Iterable[_Open]
) -> None:
    """What a sample of the texts may be; what has no values stays a text."""
    asked = []
    for one in found:
        spellings: Sequence[str] = ()
        if one.source_type == UNTYPED:
            spellings = tuple(kinds.SPELLED)
        elif one.source_type == "VARCHAR" and relation.format == "JSON":
            spellings = kinds.OF_JSON_TEXTS
        asked += [(one, spelling) for spelling in spellings]
        one.candidates = [] if one.is_text else [kind_of(one.source_type)]
    tests = [f"coalesce(bool_and({_is(one, s)}), true)" for one, s in asked]
    sample = f"(FROM {relation.sql} LIMIT {SAMPLE})"
    for (one, spelling), fits in zip(asked, _row(connection, tests, sample), strict=True):
        one.candidates += [spelling] if fits else []
    texts = [one for one in found if one.is_text and one.candidates]
    digits = [commas([f"count({one.meant})", *_digits(one)]) for one in texts]
    facts = iter(_row(connection, digits, relation.sql))
    for one in texts:
        values, before, behind, digits_ = (next(facts) or 0 for _ in range(4))
        one.candidates = list(_exact(one, before, behind, digits_)) if values else []
    for one in found:
        one.candidates.append("string" if one.is_text else _fallback(one))


def _is(one: _Open, spelling: str) -> str:
    return f"regexp_full_match({one.meant}, {literal(kinds.SPELLED[spelling])})"


def _digits(one: _Open) -> Iterable[str]:
    """Of numbers: the most digits before and behind the point, and in all."""
    for pattern in (r"^-?(\d+)", r"\.(\d+)"):
        yield f"max(strlen(regexp_extract({one.meant}, {literal(pattern)}, 1)))"
    yield f"max(strlen(regexp_replace({one.meant}, '[eE].*|[^0-9]', '', 'g')))"


def _exact(one: _Open, before: int, behind: int, digits: int) -> Iterable[str]:
    for candidate in one.candidates:
        if candidate == "decimal":
            room = next((p for p in PRECISIONS if before + behind <= p), None)
            if room and behind <= MOST_SCALE:
                yield f"decimal({room},{behind})"
        elif candidate != "double" or digits <= DOUBLE_DIGITS:
            yield candidate


def _fallback(one: _Open) -> str:
    return "json" if family(one.source_type) == "nested" else "string"


def _nested(
    connection: duckdb.DuckDBPyConnection, relation: Relation, found: Iterable[_Open]
) -> None:
    asked = [one for one in found if one.source_type == "JSON"]
    told = _row(connection, [f"json_group_structure({name(o.there)})" for o in asked], relation.sql)
    for one, structure in zip(asked, told, strict=True):
        one.candidates = [kinds.structure(structure), "json"]


def _decide(
    connection: duckdb.DuckDBPyConnection, relation: Relation, found: Iterable[_Open]
) -> None:
    """The first candidate that every value fits, as a build asks."""
    doubtful = list(found)
    while doubtful:
        asked = [(one, wrong) for one in doubtful if (wrong := _wrong(one))]
        counts = _row(connection, [f"count(*) FILTER (WHERE {w})" for _, w in asked], relation.sql)
        doubtful = [one for (one, _), wrong in zip(asked, counts, strict=True) if wrong]
        for one in doubtful:
            one.candidates.pop(0)


def _wrong(one: _Open) -> str | None:
    """DuckDB: whether a value is not of the first candidate; None where each is."""
    if len(one.candidates) == 1:
        return None
    faults = [misfit(name(one.there), one.source_type, one.kind)]
    spelling = one.candidates[0].partition("(")[0]
    if one.is_text and spelling in kinds.SPELLED and one.source_type != "JSON":
        faults.append(f"{one.meant} IS NOT NULL AND NOT {_is(one, spelling)}")
    told = [f"coalesce({fault}, false)" for fault in faults if fault]
    return " OR ".join(told) or None


def _counted(
    connection: duckdb.DuckDBPyConnection, relation: Relation, found: Sequence[_Open]
) -> list[tuple[int, int]]:
    """Values that are not null, and about how many of them differ."""
    asked = []
    for one in found:
        value = cast(name(one.there), one.source_type, one.kind)
        differ = "0" if one.kind.is_nested else f"approx_count_distinct({value})"
        asked.append(f"count({value}), {differ}")
    counts = _row(connection, asked, relation.sql)
    return list(zip(counts[::2], counts[1::2], strict=True))


def _row(
    connection: duckdb.DuckDBPyConnection, asked: Sequence[str], relation: str
) -> Sequence[Any]:
    """Asked a few columns at a time: what DuckDB takes to plan grows with their square."""
    found: list[Any] = []
    for start in range(0, len(asked), AT_ONCE):
        some = commas(asked[start : start + AT_ONCE])
        (row,) = connection.execute(f"SELECT {some} FROM {relation}").fetchall()
        found += row
    return found
