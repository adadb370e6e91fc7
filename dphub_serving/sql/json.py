"""One row as one JSON text, written by DuckDB as OData JSON Format 4.01 wants it.

DuckDB's own JSON is wrong for six kinds of values: NaN and infinities, single precision,
timestamps, binary, infinite dates, and 64-bit numbers for who asks for IEEE754Compatible.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import bound
from dphub_serving.odata.edm import Path
from dphub_serving.odata.types import Kind, Types
from dphub_serving.sql.statement import name, text

_NUMBER = (
    "CASE WHEN isfinite({0}) THEN to_json({1}) WHEN isnan({0}) THEN to_json('NaN')"
    " WHEN {0} > 0 THEN to_json('INF') WHEN {0} < 0 THEN to_json('-INF') END"
)
TIMESTAMP = "replace(({0} AT TIME ZONE 'UTC')::VARCHAR, ' ', 'T') || 'Z'"
# A duration is a number of microseconds.
_MICROS = "abs({0})"
DURATION = (
    "CASE WHEN {0} < 0 THEN '-P' ELSE 'P' END"
    f" || CASE WHEN {_MICROS} >= 86400000000 THEN ({_MICROS} // 86400000000) || 'D' ELSE '' END"
    f" || 'T' || ({_MICROS} % 86400000000 // 3600000000) || 'H'"
    f" || ({_MICROS} % 3600000000 // 60000000) || 'M'"
    f" || rtrim(rtrim(({_MICROS} % 60000000 * 0.000001::DECIMAL(9,6))::VARCHAR, '0'), '.') || 'S'"
)
# What is computed may lie before the year 1; DuckDB writes another year, with (BC).
_ANCIENT = (
    "CASE WHEN year({0}) < 0 THEN '-' ELSE '' END"
    " || lpad(abs(year({0}))::VARCHAR, 4, '0') || strftime({0}, '-{1}')"
)
# So many digits behind the point may be zeros that DuckDB turns into an exponent.
_SMALL = 7
_MOST_DIGITS = 38
BINARY = "replace(replace(to_base64({0}), '+', '-'), '/', '_')"


@dataclass(frozen=True, slots=True)
class Style:
    """`types` names the type of each property, `omit` leaves out those that are null."""

    ieee754: bool = False
    omit: bool = False
    types: Types | None = None

    @property
    def plain(self) -> bool:
        """Whether an object has its properties, all of them, and nothing else."""
        return not self.omit and self.types is None


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Field:
    """A property: `column` is SQL for its value, `path` the way to it from the entity, `before`
    what stands before it in any style; None leaves that to the style. `finite` says that no value
    is infinite or NaN, which spares a question for each."""

    type: Kind
    column: str
    path: Path
    before: tuple[tuple[str, str], ...] | None = None
    finite: bool = False


def row(fields: Iterable[tuple[str, str]]) -> str:
    """`fields` are names and the SQL of their values."""
    packed = ", ".join(f"{name(field)} := {value}" for field, value in fields)
    return f"to_json(struct_pack({packed}))::VARCHAR" if packed else "'{}'"


def members(field: Field, style: Style, depth: int = 0) -> list[tuple[str, str]]:
    """The property, with its type before it where that is asked for."""
    return [*type_before(field, style), (field.path[-1], value(field, style, depth))]


def type_before(field: Field, style: Style) -> list[tuple[str, str]]:
    """What stands before a property; an object says its type inside."""
    if field.before is not None:
        return list(field.before)
    if style.types is None or (field.type.fields and not field.type.item):
        return []
    kind = style.types.name(field.path, field.type)
    return [(field.path[-1] + style.types.control, text(kind))] if kind else []


def type_of(field: Field, style: Style) -> list[tuple[str, str]]:
    """What an object says of itself."""
    kind = style.types.name(field.path, field.type) if style.types else None
    return [(style.types.control, text(kind))] if style.types and kind else []


def parts(field: Field) -> list[Field]:
    """The properties of an object."""
    return [
        Field(kind, f"struct_extract({field.column}, {text(each)})", (*field.path, each))
        for each, kind in field.type.fields
    ]


def value(field: Field, style: Style, depth: int = 0) -> str:
    """What `to_json` turns into the JSON of a stored value of this type.

    A collection is never null (OData JSON Format 4.01, section 7.3): a null list is an empty one.
    `depth` is how many lists the value lies in.
    """
    kind, column = field.type, field.column
    if kind.item:
        each = f"each_{depth}"
        inner = value(Field(kind.item, each, field.path), style, depth + 1)
        return f"coalesce(list_transform({column}, lambda {each}: {inner}), [])"
    if kind.fields:
        known = [
            *type_of(field, style),
            *(each for part in parts(field) for each in members(part, style, depth)),
        ]
        packed = ", ".join(f"{name(each)} := {found}" for each, found in known)
        return f"CASE WHEN {column} IS NOT NULL THEN struct_pack({packed}) END"
    found = _scalar(kind, column, ieee754=style.ieee754)
    return found if field.finite else _with_infinite(kind, column, found)


def key_literal(kind: Kind, key: str) -> str:
    """The key as a URL has it between its parentheses, percent-encoded."""
    match kind.edm:
        case "Edm.String":
            return f"'''' || url_encode(replace({key}, '''', '''''')) || ''''"
        case "Edm.DateTimeOffset":
            return TIMESTAMP.format(key)
        case "Edm.Binary":
            return "'binary''' || " + BINARY.format(key) + " || ''''"
        case "Edm.Decimal":
            return decimal(kind, key, text=True)
        case _:
            return f"{key}::VARCHAR"


def decimal(kind: Kind, column: str, *, text: bool) -> str:
    """DuckDB writes `.5` where no digit stands before the point, which is no JSON, and `1e-7` where
    there are up to 15, which 4.0 has not: more digits before the point end both."""
    digits, scale = _places(kind)
    if scale < min(digits, _SMALL):
        return f"{column}::VARCHAR" if text else column
    if scale < _MOST_DIGITS:
        wide = f"({column} + 0::DECIMAL(16,0))"
        return f"{wide}::VARCHAR" if text else wide
    if text:
        return f"regexp_replace({column}::VARCHAR, '^(-?)[.]', '\\10.')"
    return f"{column}::DECIMAL({scale},{scale - 1})"


def _places(kind: Kind) -> tuple[int, int]:
    if isinstance(kind, ColumnType):
        return kind.facets["Precision"], kind.facets["Scale"]
    assert isinstance(kind, bound.Type), "there are two kinds of types"
    return kind.digits, kind.scale


def _with_infinite(kind: Kind, column: str, finite: str) -> str:
    """`finite` is what finite values become; there is no infinite date."""
    match kind.edm:
        case "Edm.Double" | "Edm.Single":
            return _NUMBER.format(column, finite)
        case "Edm.DateTimeOffset" | "Edm.Date":
            return f"CASE WHEN isfinite({column}) THEN {finite} END"
        case _:
            return finite


def _day(kind: Kind, column: str, written: str, ancient: str) -> str:
    if not isinstance(kind, bound.Type):
        return written
    return f"CASE WHEN {column} >= '0001-01-01' THEN {written} ELSE {ancient} END"


def _scalar(kind: Kind, column: str, *, ieee754: bool) -> str:
    """Of what is finite."""
    match kind.edm:
        case "Edm.Double":
            return column
        case "Edm.Single":
            # The shortest text that reads back as the same single, as a number.
            return f"{column}::VARCHAR::DOUBLE"
        case "Edm.Duration":
            return DURATION.format(column)
        case "Edm.Decimal":
            return decimal(kind, column, text=ieee754)
        case "Edm.Int64" | bound.WIDE:
            return f"{column}::VARCHAR" if ieee754 else column
        case "Edm.DateTimeOffset":
            ancient = _ANCIENT.format(f"({column} AT TIME ZONE 'UTC')", "%m-%dT%H:%M:%S.%fZ")
            return _day(kind, column, TIMESTAMP.format(column), ancient)
        case "Edm.Date":
            return _day(kind, column, f"{column}::VARCHAR", _ANCIENT.format(column, "%m-%d"))
        case "Edm.Binary":
            return BINARY.format(column)
        case _:
            return column
