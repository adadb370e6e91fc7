"""Numbers of two types meet: what they become, and where a literal stands among a type's values.

OData Protocol 4.01 promotes to the wider type. What 38 digits cannot hold exactly becomes a double.
"""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal as OneOf

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata.bound import DOUBLE, SINGLE, WIDE, Constant, Type
from dphub_serving.odata.edm import Property

MAX_DIGITS = 38
# Integers of so many digits may be wider than 64 bits.
MOST_OF_INT64 = 19
_INTEGERS = {
    "Edm.SByte": (3, -(2**7), 2**7 - 1),
    "Edm.Byte": (3, 0, 2**8 - 1),
    "Edm.Int16": (5, -(2**15), 2**15 - 1),
    "Edm.Int32": (10, -(2**31), 2**31 - 1),
    "Edm.Int64": (19, -(2**63), 2**63 - 1),
    WIDE: (MAX_DIGITS, -(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1),
}
_NUMBERS = {*_INTEGERS, "Edm.Decimal", "Edm.Single", "Edm.Double"}
_OF_NAMES = {edm: Type(edm, digits) for edm, (digits, _, _) in _INTEGERS.items()}
_OF_NAMES["Edm.Decimal"] = Type("Edm.Decimal", MAX_DIGITS, 15)
_WHOLE_LITERALS = tuple(Type(WIDE, digits) for digits in range(MAX_DIGITS + 1))
_EXACT = Context(prec=MAX_DIGITS)
# Of single precision, before infinity.
_GREATEST = 3.4028234663852886e38


def of_property(prop: Property) -> Type:
    return of_column(prop.type)


def of_column(kind: ColumnType) -> Type:
    if kind.item:
        return collection(of_column(kind.item))
    if kind.fields:
        return complex_type((name, of_column(each)) for name, each in kind.fields)
    if kind.edm == "Edm.Decimal":
        return Type(kind.edm, kind.facets["Precision"], kind.facets["Scale"])
    return of_name(kind.edm)


def of_name(edm: str) -> Type:
    """A type of the standard. A decimal of nothing but its name has 15 digits behind the point."""
    return _OF_NAMES.get(edm) or Type(edm)


def collection(item: Type) -> Type:
    return Type(f"Collection({item.edm or 'complex'})", item=item)


def complex_type(fields: Iterable[tuple[str, Type]], entity_set: str = "") -> Type:
    return Type("", fields=tuple(fields), entity_set=entity_set)


def is_number(kind: Type) -> bool:
    return kind.edm in _NUMBERS


def is_integer(kind: Type) -> bool:
    return kind.edm in _INTEGERS


def is_exact(kind: Type) -> bool:
    return is_integer(kind) or kind.edm == "Edm.Decimal"


def of_literal(value: Decimal | float) -> Type:
    if isinstance(value, float):
        return DOUBLE
    _, digits, exponent = value.as_tuple()
    if not exponent and len(digits) <= MAX_DIGITS:
        return _WHOLE_LITERALS[len(digits)]
    assert isinstance(exponent, int), "INF and NaN are floats here"
    scale = max(-exponent, 0)
    total = max(len(digits) + max(exponent, 0), scale)
    if total > MAX_DIGITS:
        return DOUBLE
    return Type("Edm.Decimal", total, scale) if scale else _WHOLE_LITERALS[total]


def common(left: Type, right: Type) -> Type:
    """What both sides of a comparison become."""
    for inexact in (DOUBLE, SINGLE):
        if inexact in (left, right):
            return inexact
    if is_integer(left) and is_integer(right):
        return Type(WIDE, max(left.digits, right.digits))
    return _decimal(_whole(left, right), max(left.scale, right.scale))


def union(left: Type, right: Type) -> Type:
    """What values of either are: 64 bits where they are wide enough."""
    found = common(left, right)
    wider = any(each.edm == WIDE and each.digits >= MOST_OF_INT64 for each in (left, right))
    return _OF_NAMES["Edm.Int64"] if found.edm == WIDE and not wider else found


def sum_type(left: Type, right: Type) -> Type:
    found = common(left, right)
    if is_integer(found):
        return Type(WIDE, min(found.digits + 1, MAX_DIGITS))
    return _decimal(_whole(left, right) + 1, found.scale) if is_exact(found) else found


def product_type(left: Type, right: Type) -> Type:
    found = common(left, right)
    if is_integer(found):
        return Type(WIDE, min(left.digits + right.digits, MAX_DIGITS))
    if DOUBLE in (left, right) or SINGLE in (left, right):
        return found
    scale = left.scale + right.scale
    return _decimal(left.digits + right.digits - scale, scale)


def quotient_type(left: Type, right: Type) -> Type:
    """Of `div`: only integers and single precision stay what they are."""
    found = common(left, right)
    return found if is_integer(found) or found == SINGLE else DOUBLE


def rounded_type(kind: Type) -> Type:
    """Rounding a decimal may carry into one digit more."""
    if kind.edm != "Edm.Decimal":
        return kind
    return Type(kind.edm, min(kind.digits - kind.scale + 1, MAX_DIGITS))


def _whole(left: Type, right: Type) -> int:
    return max(left.digits - left.scale, right.digits - right.scale)


def _decimal(whole: int, scale: int) -> Type:
    return Type("Edm.Decimal", whole + scale, scale) if whole + scale <= MAX_DIGITS else DOUBLE


@dataclass(frozen=True, slots=True)
class Gap:
    """The value lies between two of the type: behind `floor`, or beyond all of them."""

    place: OneOf["below", "inside", "above"]
    floor: Constant | None = None


def fit(value: Decimal | float, kind: Type) -> Constant | Gap:
    """The literal as a value of the type, by its exact value; NaN is a value of floats alone."""
    if not is_exact(kind):
        return _float(value, kind)
    if isinstance(value, float):
        return Gap("above" if value > 0 else "below")
    if (found := _written(value, kind)) is not None:
        return Constant(found, kind)
    scaled = Fraction(value) * 10**kind.scale
    low, high = _bounds(kind)
    if not low <= scaled <= high:
        return Gap("above" if scaled > high else "below")
    floor = math.floor(scaled)
    found = floor
    if kind.edm == "Edm.Decimal":
        sign, digits = int(floor < 0), tuple(map(int, str(abs(floor))))
        found = Decimal((sign, digits, -kind.scale))
    constant = Constant(found, kind)
    return constant if scaled == floor else Gap("inside", constant)


def _written(value: Decimal, kind: Type) -> int | Decimal | None:
    """As the type writes it, where it needs no more digits than that; as nearly all."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "INF and NaN are floats here"
    if exponent < -kind.scale or len(digits) + exponent > kind.digits - kind.scale:
        return None
    if kind.edm == "Edm.Decimal":
        return (value or Decimal()).quantize(Decimal((0, (1,), -kind.scale)), context=_EXACT)
    number, (_, low, high) = int(value), _INTEGERS[kind.edm]
    return number if low <= number <= high else None


def _bounds(kind: Type) -> tuple[int, int]:
    if is_integer(kind):
        return _INTEGERS[kind.edm][1:]
    return -(10**kind.digits) + 1, 10**kind.digits - 1


def _float(value: Decimal | float, kind: Type) -> Constant | Gap:
    number = float(value)
    if kind != SINGLE:
        return Constant(number, DOUBLE)
    (single,) = struct.unpack("f", struct.pack("f", number))
    if math.isinf(single) and not math.isinf(number):
        return Gap("inside", Constant(_GREATEST if number > 0 else -math.inf, SINGLE))
    return Constant(float(single), SINGLE)
