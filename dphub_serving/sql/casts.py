"""`cast`: a value as another type, null where it is none of it.

A number becomes whole by rounding half away from zero. Texts are read as URLs spell values, and
written as payloads have them.
"""

from collections.abc import Mapping

from dphub_serving.odata import numbers
from dphub_serving.odata.bound import DOUBLE, SINGLE, STRING, Type
from dphub_serving.sql import json
from dphub_serving.sql.fragment import Fragment, fill
from dphub_serving.sql.types import sql_type

_INFINITE = "CASE WHEN isinf({0}) THEN CASE WHEN {0} > 0 THEN 'INF' ELSE '-INF' END"
_FLOAT = f"({_INFINITE} WHEN isnan({{0}}) THEN 'NaN' ELSE {{0}}::VARCHAR END)"
_WRITTEN: Mapping[str, str] = {
    "Edm.String": "{0}",
    "Edm.Guid": "{0}",
    "Edm.TimeOfDay": "{0}",
    "Edm.Single": _FLOAT,
    "Edm.Double": _FLOAT,
    "Edm.DateTimeOffset": f"({json.TIMESTAMP})",
    "Edm.Duration": f"({json.DURATION})",
    "Edm.Binary": json.BINARY,
}
# Without an offset a moment is one of UTC; of its fraction six digits are kept.
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?"
_DECIMAL = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_SPELLED: Mapping[str, str] = {
    "Edm.Decimal": _DECIMAL,
    "Edm.Single": f"{_DECIMAL}|-?INF|NaN",
    "Edm.Double": f"{_DECIMAL}|-?INF|NaN",
    "Edm.Date": _DAY,
    "Edm.DateTimeOffset": rf"{_DAY}T{_CLOCK}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?",
    "Edm.TimeOfDay": _CLOCK,
    "Edm.Guid": "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "Edm.Boolean": "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
}
_WHOLE = "[+-]?[0-9]+"
# DuckDB takes what is too large for infinite.
_READ_FLOAT = (
    "CASE WHEN isfinite(TRY_CAST({{0}} AS {0})) OR {{0}} IN ('INF', '-INF', 'NaN')"
    " THEN TRY_CAST({{0}} AS {0}) END"
)
_READ: Mapping[str, str] = {
    "Edm.Single": _READ_FLOAT.format("FLOAT"),
    "Edm.Double": _READ_FLOAT.format("DOUBLE"),
    "Edm.Guid": "lower({0})",
    "Edm.TimeOfDay": "TRY_CAST({0} AS TIME)::VARCHAR",
}
# Of a type that DuckDB's column is wider than.
_NARROW = {"Edm.Byte": "UTINYINT"}


def cast(found: Fragment, was: Type, kind: Type) -> Fragment:
    if kind == STRING and was.edm == "Edm.Decimal":
        return fill(json.decimal(was, "{0}", text=True), found)
    if kind == STRING:
        return fill(_WRITTEN.get(was.edm, "{0}::VARCHAR"), found)
    if was == STRING:
        return _read(found, kind)
    return _converted(found, was, kind)


def _read(found: Fragment, kind: Type) -> Fragment:
    pattern = Fragment("?::VARCHAR", (_SPELLED.get(kind.edm, _WHOLE),))
    value = _READ.get(kind.edm, f"TRY_CAST({{0}} AS {_narrow(kind)})")
    return fill(f"CASE WHEN regexp_full_match({{0}}, {{1}}) THEN {value} END", found, pattern)


def _converted(found: Fragment, was: Type, kind: Type) -> Fragment:
    if was == kind:
        return found
    if numbers.is_integer(kind) and not numbers.is_integer(was):
        found = fill("round({0})", found)
    if kind in (DOUBLE, SINGLE):
        return fill(f"TRY_CAST({{0}} AS {sql_type(kind)})", found)
    if was in (DOUBLE, SINGLE) and kind.edm == "Edm.Decimal":
        # As it is written: DuckDB would multiply by a power of ten, and round.
        found = fill("{0}::VARCHAR", found)
    cast_to = f"TRY_CAST({{0}} AS {_narrow(kind)})"
    return fill(f"{cast_to}::{sql_type(kind)}" if kind.edm in _NARROW else cast_to, found)


def _narrow(kind: Type) -> str:
    return _NARROW.get(kind.edm, sql_type(kind))
