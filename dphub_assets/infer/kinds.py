"""The column types that texts may be of."""

import json

from dphub_assets.build.kinds import known, struct

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
_STRUCTURE = {"UBIGINT": "long", "BIGINT": "long", "DOUBLE": "double", "BOOLEAN": "bool"}


def structure(text: str | None) -> str:
    """The type that DuckDB's `json_group_structure` tells of."""
    return _structured(json.loads(text)) if text else "json"


def _structured(found: object) -> str:
    match found:
        case {**fields}:
            return struct((str(name), _structured(inner)) for name, inner in fields.items())
        case [inner]:
            return known(f"list<{_structured(inner)}>")
        case "JSON":
            return "json"
        case _:
            return _STRUCTURE.get(str(found), "string")
