"""The canonical functions in DuckDB's words. Times of day are texts, durations microseconds."""

from collections.abc import Mapping

from dphub_serving.sql import collections

_FROM = "CASE WHEN {1} < 0 THEN greatest(length({0}) + {1}, 0) ELSE {1} END + 1"
_FRACTION = "(date_part('microsecond', {0}) % 1000000 * 0.000001::DECIMAL(7,6))"
_BLANKS = r"[\x09-\x0d\x{85}\p{Z}]+"

UTC = "({0} AT TIME ZONE 'UTC')"
TIME = "{0}::TIME"

FUNCTIONS: Mapping[str, str] = {
    "concat": "({0} || {1})",
    "contains": "contains({0}, {1})",
    "endswith": "ends_with({0}, {1})",
    "startswith": "starts_with({0}, {1})",
    "indexof": "(instr({0}, {1}) - 1)",
    "length": "length({0})",
    "substring": f"substring({{0}}, {_FROM}, CASE WHEN {{2}} < 0 THEN 0 ELSE {{2}} END)",
    "tolower": "lower({0})",
    "toupper": "upper({0})",
    # DuckDB's own trims blanks only, and `\s` is without two of Unicode's.
    "trim": rf"regexp_replace({{0}}, '^{_BLANKS}|{_BLANKS}$', '', 'g')",
    "year": "date_part('year', {0})",
    "month": "date_part('month', {0})",
    "day": "date_part('day', {0})",
    "hour": "date_part('hour', {0})",
    "minute": "date_part('minute', {0})",
    "second": "date_part('second', {0})",
    "fractionalseconds": _FRACTION,
    "date": "{0}::DATE",
    "time": "{0}::TIME::VARCHAR",
    "totaloffsetminutes": "(epoch_us({0}) * 0)",
    "totalseconds": "({0}::DECIMAL(20,0) * 0.000001::DECIMAL(7,6))",
    "mindatetime": "TIMESTAMPTZ '0001-01-01 00:00:00+00'",
    "maxdatetime": "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'",
    "matchespattern": "regexp_matches({0}, {1})",
    "hassubset": collections.SUBSET,
    "hassubsequence": collections.SUBSEQUENCE,
    "round": "round({0})",
    "floor": "floor({0})",
    "ceiling": "ceil({0})",
}
# `substring` refuses what lies beyond 32 bits; `least` would take null for no argument at all.
PLACE = (
    "CASE WHEN {0} > 2147483647 THEN 2147483647"
    " WHEN {0} < -2147483647 THEN -2147483647 ELSE {0} END"
)
SUBSTRING = f"substring({{0}}, {_FROM})"
