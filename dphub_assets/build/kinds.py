"""The column type of a DuckDB type."""

import re
from collections.abc import Iterable

import duckdb

from dphub_assets.sources.relation import NOTHING, UNTYPED
from dphub_k8s.api.types import MAX_PRECISION, UnknownType, parse_type

MOST_FIELDS = 100
_SCALARS = {
    "BOOLEAN": "bool",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "int",
    "BIGINT": "long",
    "UTINYINT": "ubyte",
    "USMALLINT": "ushort",
    "UINTEGER": "uint",
    "UBIGINT": "ulong",
    "HUGEINT": "decimal(38,0)",
    "UHUGEINT": "decimal(38,0)",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DATE": "date",
    "TIME": "time",
    "TIME_NS": "time",
    "UUID": "uuid",
    "BLOB": "binary",
    "JSON": "json",
}


def of(source_type: str) -> str:
    """A text for what has no type of its own, JSON for what is nested otherwise than a type can."""
    if found := _SCALARS.get(source_type):
        return found
    if source_type.startswith("TIMESTAMP"):
        return "timestamp"
    if match := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", source_type):
        is_long = int(match[1]) > MAX_PRECISION
        return "double" if is_long else f"decimal({match[1]},{match[2]})"
    if source_type in (NOTHING, UNTYPED):
        return "string"
    kind = duckdb.sqltype(source_type)
    if kind.id in ("list", "array"):
        return known(f"list<{of(str(kind.children[0][1]))}>")
    if kind.id == "struct":
        return struct((name, of(str(inner))) for name, inner in kind.children)
    return "json" if kind.id in ("map", "union", "variant") else "string"


def struct(fields: Iterable[tuple[str, str]]) -> str:
    parts = [f"{name}:{kind}" for name, kind in fields]
    return known(f"struct<{','.join(parts)}>") if len(parts) <= MOST_FIELDS else "json"


def known(text: str) -> str:
    """Names may have characters that a type cannot, lists may be in lists."""
    try:
        return parse_type(text).name
    except UnknownType:
        return "json"
