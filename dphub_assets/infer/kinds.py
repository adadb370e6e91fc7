"""The column type of a DuckDB type, and those that texts may be of."""

import json
import re
from collections.abc import Iterable

import duckdb

from dphub_assets.build.convert import NOTHING
from dphub_k8s.api.types import UnknownType, parse_type

MOST_FIELDS = 100
# A text may be of such a type if each is written so: 007 is no number, 1 is no bool.
SPELLED = {
    "bool": "(?i)true|false",
    "long": r"0|-?[1-9]\d*",
    "decimal": r"-?(0|[1-9]\d*)(\.\d+)?",
    "double": r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?",
    "date": r"\d{4}-\d\d-\d\d",
    "timestamp": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:\d\d)?)?",
    "time": r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?",
    "uuid": r"(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
}
# Who quotes a number in JSON wants a text.
OF_JSON_TEXTS = ("date", "timestamp", "uuid")
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
_STRUCTURE = {"UBIGINT": "long", "BIGINT": "long", "DOUBLE": "double", "BOOLEAN": "bool"}


def of(source_type: str) -> str:
    """A text for what has no type of its own, JSON for what is nested otherwise than a type can."""
    if found := _SCALARS.get(source_type):
        return found
    if source_type.startswith("TIMESTAMP"):
        return "timestamp"
    if match := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", source_type):
        return f"decimal({match[1]},{match[2]})"
    if source_type == NOTHING:
        return "string"
    kind = duckdb.sqltype(source_type)
    if kind.id in ("list", "array"):
        return _known(f"list<{of(str(kind.children[0][1]))}>")
    if kind.id == "struct":
        return _struct((name, of(str(inner))) for name, inner in kind.children)
    return "json" if kind.id in ("map", "union", "variant") else "string"


def structure(text: str | None) -> str:
    """The type that DuckDB's `json_group_structure` tells of."""
    return _structured(json.loads(text)) if text else "json"


def _structured(found: object) -> str:
    match found:
        case {**fields}:
            return _struct((str(name), _structured(inner)) for name, inner in fields.items())
        case [inner]:
            return _known(f"list<{_structured(inner)}>")
        case "JSON":
            return "json"
        case _:
            return _STRUCTURE.get(str(found), "string")


def _struct(fields: Iterable[tuple[str, str]]) -> str:
    parts = [f"{name}:{kind}" for name, kind in fields]
    return _known(f"struct<{','.join(parts)}>") if len(parts) <= MOST_FIELDS else "json"


def _known(text: str) -> str:
    """Names may have characters that a type cannot, lists may be in lists."""
    try:
        return parse_type(text).name
    except UnknownType:
        return "json"
