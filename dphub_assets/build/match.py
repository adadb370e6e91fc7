"""Join keys: which types can be compared, and values of two types brought to one without a loss."""

from dataclasses import replace

from dphub_assets.build.cast import DECIMAL, LONG, NUMBERS, TEXTS, family, misfit
from dphub_assets.sources.relation import NOTHING, UNTYPED
from dphub_k8s.api.types import MAX_PRECISION, parse_type

# The most digits of a whole number; more than a decimal has where it is not here.
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "UBIGINT": 20}
_DIGITS |= {"UTINYINT": 3, "USMALLINT": 5, "UINTEGER": 10}


def comparable(left: str, right: str) -> bool:
    """Whether a join can ask if values of two source types are equal. '7' and 7 never are."""
    if NOTHING in (left, right):
        return True
    one, other = family(left), family(right)
    if LONG in (one, other):
        return False
    if "untyped" in (one, other):
        return not {one, other} & {"nested", "other", "bytes"}
    if one in ("nested", "other"):
        return left == right
    return one == other or {one, other} <= NUMBERS


def matched(expression: str, own: str, other: str) -> str:
    """A join key as it is compared with one of the type `other`: untyped text becomes that. What no
    value of the other type can equal becomes null, which meets nothing."""
    if own == NOTHING and other != NOTHING:
        return f"CAST({expression} AS {'VARCHAR' if other == UNTYPED else other})"
    if own == UNTYPED and _is_said(other):
        return f"CAST(nullif({expression}, '') AS {other})"
    if family(own) == "binary float" and _is_whole(other):
        # DuckDB would round the whole number, and 2^53 + 1 would equal 2^53.
        return f"CASE WHEN {expression} = trunc({expression}) THEN {_try(expression, other)} END"
    if family(own) == family(other) == "number" and (common := _common(own, other)):
        return _try(expression, common)
    if other == "TIMESTAMP_NS" and own in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"):
        return _try(expression, other)
    return expression


def mismatch(expression: str, own: str, other: str) -> str | None:
    """DuckDB: whether an untyped join key is no value of the type that it is compared with."""
    if own != UNTYPED or not _is_said(other):
        return None
    return misfit(expression, own, replace(parse_type("string"), name=other, cast=other))


def _is_said(source_type: str) -> bool:
    return source_type != NOTHING and family(source_type) not in TEXTS


def _is_whole(source_type: str) -> bool:
    return family(source_type) == "number" and not _digits(source_type)[1]


def _common(own: str, other: str) -> str | None:
    """The decimal that holds all which two types of exact numbers have in common, where DuckDB
    finds none that holds both."""
    (before, after), (far, behind) = _digits(own), _digits(other)
    scale = max(after, behind)
    if not scale or max(before, far) + scale <= MAX_PRECISION:
        return None
    return f"DECIMAL({MAX_PRECISION},{scale})"


def _digits(source_type: str) -> tuple[int, int]:
    """Before and behind the point."""
    if match := DECIMAL.fullmatch(source_type):
        return int(match[1]) - int(match[2]), int(match[2])
    return _DIGITS.get(source_type, MAX_PRECISION + 1), 0


def _try(expression: str, kind: str) -> str:
    return f"TRY_CAST({expression} AS {kind})"
