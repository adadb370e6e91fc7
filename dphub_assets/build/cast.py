"""Casts as declared: a value that does not fit fails the build, and nothing is lost in silence.

What is lost on purpose: `float` and `double` hold the nearest number they can, a decimal from a
`float` or `double` is rounded, a timestamp has microseconds. There is one zero and one NaN.
"""

import re

from dphub_assets.sources.relation import UNTYPED
from dphub_k8s.api.types import ColumnType

# Of more digits than DuckDB has, which reads the nearest double.
LONG = "long decimal"
_FAMILIES = (
    ("text", r"VARCHAR|JSON|ENUM.*"),
    ("untyped", UNTYPED),
    ("binary float", r"FLOAT|DOUBLE"),
    (LONG, r"DECIMAL\((39|[4-9]\d),\d+\)"),
    ("number", r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL.*|BIGNUM"),
    ("bool", r"BOOLEAN"),
    ("moment", r"DATE|TIMESTAMP.*"),
    ("time", r"TIME|TIME_NS"),
    ("uuid", r"UUID"),
    ("bytes", r"BLOB"),
    ("nested", r".*\]|(STRUCT|MAP|UNION|VARIANT).*"),
)
NUMBERS = frozenset({"number", "binary float"})
TEXTS = frozenset({"text", "untyped"})
# What a type can be made of, beside text.
_FROM = {
    "FLOAT": NUMBERS | {"bool", LONG},
    "DOUBLE": NUMBERS | {"bool", LONG},
    "BOOLEAN": NUMBERS | {"bool"},
    "DATE": frozenset({"moment"}),
    "TIMESTAMPTZ": frozenset({"moment"}),
    "TIME": frozenset({"time"}),
    "UUID": frozenset({"uuid"}),
    "BLOB": frozenset({"bytes"}),
    "VARCHAR": frozenset(family for family, _ in _FAMILIES) - {"nested", LONG} | {"other"},
    "JSON": frozenset({"nested", "bool"}) | NUMBERS,
}
# What Delta, OData and Python can say; DuckDB can say more.
_RANGES = {
    "DATE": ("DATE '0001-01-01'", "DATE '9999-12-31'"),
    "TIME": ("TIME '00:00:00'", "TIME '23:59:59.999999'"),
    "TIMESTAMPTZ": (
        "TIMESTAMPTZ '0001-01-01 00:00:00+00'",
        "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'",
    ),
}
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|BIGNUM")
# A date or an offset before or behind it would be left out, as would a seventh digit.
_CLOCK = r"\s*\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,6}0*)?)?\s*"
_JSON_TEXT = r'"(\\.|[^"\\])*"'
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def family(source_type: str) -> str:
    """The kind of values that a DuckDB type has."""
    return next((name for name, types in _FAMILIES if re.fullmatch(types, source_type)), "other")


def can_become(source_type: str, kind: ColumnType) -> bool:
    """Whether some values of the source type can be cast at all."""
    found = family(source_type)
    return found in TEXTS or found in _FROM.get(kind.cast, NUMBERS | {"bool"})


def cast(expression: str, source_type: str, kind: ColumnType) -> str:
    """DuckDB: the value as it is stored, for values that fit."""
    value = _meant(expression, source_type, kind)
    if source_type != kind.cast:
        value = _converted(value, source_type, kind)
    if kind.cast in ("FLOAT", "DOUBLE"):
        # -0.0 equals 0.0, and every NaN any other, but they print other keys.
        return f"CASE WHEN isnan({value}) THEN 'nan' ELSE {value} + 0.0::{kind.cast} END"
    return value if kind.stored == kind.cast else f"CAST({value} AS {kind.stored})"


def misfit(expression: str, source_type: str, kind: ColumnType) -> str | None:
    """DuckDB: whether a value does not fit; None where every value does."""
    expression = _meant(expression, source_type, kind)
    faults = list(_faults(expression, source_type, kind))
    return f"{expression} IS NOT NULL AND ({' OR '.join(faults)})" if faults else None


def _faults(expression: str, source_type: str, kind: ColumnType) -> list[str]:
    tried = _converted(expression, source_type, kind, tried=True)
    faults = []
    if source_type != kind.cast and (kind.cast != "VARCHAR" or source_type == "BLOB"):
        faults.append(f"{tried} IS NULL")
    if bounds := _RANGES.get(kind.cast):
        faults.append(f"{tried} NOT BETWEEN {bounds[0]} AND {bounds[1]}")
    if loss := _loss(expression, source_type, kind):
        faults.append(loss)
    return faults


def _meant(expression: str, source_type: str, kind: ColumnType) -> str:
    """Some writers quote empty fields: an empty text only where a text is wanted, else a null."""
    if source_type != UNTYPED or kind.cast in ("VARCHAR", "BLOB"):
        return expression
    return f"nullif({expression}, '')"


def _converted(expression: str, source_type: str, kind: ColumnType, *, tried: bool = False) -> str:
    # A cast between text and bytes would read and write escapes, such as \xFF.
    if (source_type, kind.cast) == ("BLOB", "VARCHAR"):
        return f"TRY(decode({expression}))" if tried else f"decode({expression})"
    if kind.cast == "BLOB" and source_type in ("VARCHAR", UNTYPED):
        return f"encode({expression})"
    return f"{'TRY_CAST' if tried else 'CAST'}({expression} AS {kind.cast})"


def _loss(expression: str, source_type: str, kind: ColumnType) -> str | None:
    """DuckDB: whether a cast, which succeeds, would round or leave something out."""
    found = family(source_type)
    if kind.cast == "BOOLEAN" and found in NUMBERS:
        return f"{expression} NOT IN (0, 1)"
    if kind.cast == "DATE" and source_type != "DATE":
        # With its offset: 2024-01-15T00:00+02:00 is no midnight of UTC.
        moment = f"TRY_CAST({expression} AS TIMESTAMPTZ)"
        return f"{moment} <> TRY_CAST({expression} AS DATE)"
    if kind.cast == "TIME" and source_type != "TIME":
        if found in TEXTS:
            return f"NOT regexp_full_match({expression}, '{_CLOCK}')"
        return f"{expression} <> TRY_CAST({expression} AS TIME)"
    if kind.cast in ("FLOAT", "DOUBLE") and found in TEXTS:
        infinite = f"isinf(TRY_CAST({expression} AS {kind.cast}))"
        return f"{infinite} AND regexp_matches({expression}, '[0-9]')"
    if kind.cast == "JSON":
        # DuckDB takes NaN and Infinity, which JSON has no word for, outside of texts too.
        written = f"TRY_CAST({expression} AS JSON)::VARCHAR"
        bare = f"regexp_replace({written}, '{_JSON_TEXT}', '', 'g')"
        return f"regexp_matches({bare}, '(?i)nan|inf')"
    return _rounded(expression, source_type, kind)


def _rounded(expression: str, source_type: str, kind: ColumnType) -> str | None:
    """The same of exact numbers."""
    found = family(source_type)
    if (digits := _digits(kind)) is None or found not in NUMBERS | TEXTS:
        return None
    before, after = digits
    if found == "binary float":
        return f"{expression} <> trunc({expression})" if _WHOLE.fullmatch(kind.cast) else None
    if found in TEXTS:
        # A text may have more digits than any number.
        more = f"regexp_matches({expression}, '\\.[0-9_]{{{after}}}[0-9_]*[1-9][0-9_]*\\s*$')"
        expression = f"TRY_CAST({expression} AS DECIMAL(38,{38 - before}))"
        return f"{more} OR {expression} <> trunc({expression}, {after})"
    if _WHOLE.fullmatch(source_type):
        return None
    return f"{expression} <> trunc({expression}, {after})"


def _digits(kind: ColumnType) -> tuple[int, int] | None:
    """Of an exact number: how many before the point, how many behind it."""
    if match := DECIMAL.fullmatch(kind.cast):
        precision, scale = int(match[1]), int(match[2])
        return precision - scale, scale
    return (20, 0) if _WHOLE.fullmatch(kind.cast) else None
