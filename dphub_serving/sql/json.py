"""One row as one JSON text, written by DuckDB as OData JSON Format 4.01 wants it.

DuckDB's own JSON is wrong for six kinds of values: NaN and infinities, single precision,
timestamps, binary, infinite dates, and 64-bit numbers for who asks for IEEE754Compatible.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from dphub_serving.odata import bound
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
BINARY = "replace(replace(to_base64({0}), '+', '-'), '/', '_')"


def row(fields: Iterable[tuple[str, str]]) -> str:
    """`fields` are names and the SQL of their values."""
    packed = ", ".join(f"{name(field)} := {value}" for field, value in fields)
    return f"to_json(struct_pack({packed}))::VARCHAR" if packed else "'{}'"


class Kind(Protocol):
    """A type: of a column, or of an expression."""

    @property
    def edm(self) -> str: ...
    @property
    def item(self) -> "Kind | None": ...
    @property
    def fields(self) -> Sequence[tuple[str, "Kind"]]: ...


def value(kind: Kind, column: str, *, ieee754: bool, depth: int = 0) -> str:
    """What `to_json` turns into the JSON of a stored value of this type.

    A collection is never null (OData JSON Format 4.01, section 7.3): a null list is an empty one.
    `depth` is how many lists the value lies in.
    """
    if kind.item:
        each = f"each_{depth}"
        inner = value(kind.item, each, ieee754=ieee754, depth=depth + 1)
        return f"coalesce(list_transform({column}, lambda {each}: {inner}), [])"
    if kind.fields:
        packed = ", ".join(
            f"{name(field)} := "
            + value(each, f"struct_extract({column}, {text(field)})", ieee754=ieee754, depth=depth)
            for field, each in kind.fields
        )
        return f"CASE WHEN {column} IS NOT NULL THEN struct_pack({packed}) END"
    match kind.edm:
        case "Edm.Double":
            return _NUMBER.format(column, column)
        case "Edm.Single":
            # The shortest text that reads back as the same single, as a number.
            return _NUMBER.format(column, f"{column}::VARCHAR::DOUBLE")
        case "Edm.Duration":
            return DURATION.format(column)
        case "Edm.Int64" | "Edm.Decimal" | bound.WIDE:
            return f"{column}::VARCHAR" if ieee754 else column
        case "Edm.DateTimeOffset":
            return f"CASE WHEN isfinite({column}) THEN {TIMESTAMP.format(column)} END"
        case "Edm.Date":
            return f"CASE WHEN isfinite({column}) THEN {column}::VARCHAR END"
        case "Edm.Binary":
            return BINARY.format(column)
        case _:
            return column


def key_literal(kind: Kind, key: str) -> str:
    """The key as a URL has it between its parentheses, percent-encoded."""
    match kind.edm:
        case "Edm.String":
            return f"'''' || url_encode(replace({key}, '''', '''''')) || ''''"
        case "Edm.DateTimeOffset":
            return TIMESTAMP.format(key)
        case "Edm.Binary":
            return "'binary''' || " + BINARY.format(key) + " || ''''"
        case _:
            return f"{key}::VARCHAR"
