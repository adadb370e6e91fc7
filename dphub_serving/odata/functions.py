"""The canonical functions: what they take and what they give (URL Conventions 4.01, 5.1.1.5 on).

`number` stands for any numeric type, `integer` for a whole one, `collection` for
one of any type, `moment or date` as it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dphub_serving.odata.bound import (
    BOOLEAN,
    DATE,
    DURATION,
    INT32,
    MOMENT,
    STRING,
    TIME,
    Type,
)

SECOND = Type("Edm.Decimal", 7, 6)
TOTAL_SECONDS = Type("Edm.Decimal", 20, 6)


@dataclass(frozen=True, slots=True)
class Signature:
    """`takes` has the types that each argument may be of; the grammar says which may be left out.

    `gives` None is the argument's own type, rounded.
    """

    takes: tuple[frozenset[str], ...]
    gives: Type | None


NUMBER = frozenset({"number"})
WHOLE = frozenset({"integer"})
COLLECTION = frozenset({"collection"})


def _one_of(*types: Type) -> frozenset[str]:
    return frozenset(each.edm for each in types)


_TEXT = _one_of(STRING)
_DAY = _one_of(DATE, MOMENT)
_CLOCK = _one_of(TIME, MOMENT)
_TEST = Signature((_TEXT, _TEXT), BOOLEAN)
_MAP = Signature((_TEXT,), STRING)
_OF_DAY = Signature((_DAY,), INT32)
_OF_CLOCK = Signature((_CLOCK,), INT32)
_OF_COLLECTIONS = Signature((COLLECTION, COLLECTION), BOOLEAN)
_ROUND = Signature((NUMBER,), None)

FUNCTIONS: Mapping[str, Signature] = {
    "concat": Signature((_TEXT, _TEXT), STRING),
    "contains": _TEST,
    "endswith": _TEST,
    "startswith": _TEST,
    "indexof": Signature((_TEXT, _TEXT), INT32),
    "length": Signature((_TEXT,), INT32),
    "substring": Signature((_TEXT, WHOLE, WHOLE), STRING),
    "tolower": _MAP,
    "toupper": _MAP,
    "trim": _MAP,
    "year": _OF_DAY,
    "month": _OF_DAY,
    "day": _OF_DAY,
    "hour": _OF_CLOCK,
    "minute": _OF_CLOCK,
    "second": _OF_CLOCK,
    "fractionalseconds": Signature((_CLOCK,), SECOND),
    "date": Signature((_one_of(MOMENT),), DATE),
    "time": Signature((_one_of(MOMENT),), TIME),
    "totaloffsetminutes": Signature((_one_of(MOMENT),), INT32),
    "totalseconds": Signature((_one_of(DURATION),), TOTAL_SECONDS),
    "now": Signature((), MOMENT),
    "mindatetime": Signature((), MOMENT),
    "maxdatetime": Signature((), MOMENT),
    "matchespattern": _TEST,
    "hassubset": _OF_COLLECTIONS,
    "hassubsequence": _OF_COLLECTIONS,
    "round": _ROUND,
    "floor": _ROUND,
    "ceiling": _ROUND,
}
# The standard's other functions.
MISSING = frozenset({"isdefined", "geo.distance", "geo.intersects", "geo.length"})
