"""What the columns of a mesh hold: the values, how they are stored, and how they are said."""

import datetime as dt
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import polars as pl

from tests.differential import filters
from tests.differential.evaluator import Node

EXACT = Context(prec=80)


@dataclass(frozen=True)
class Kind:
    """`name` is the type of the product; values of one `sort` may be equal."""

    name: str
    sort: str
    stored: Any
    pool: tuple[Any, ...]

    def series(self, name: str, values: list[Any]) -> pl.Series:
        return pl.Series(name, [_stored(each) for each in values], dtype=self.stored)

    def read(self, value: Any) -> Any:
        """The value that JSON, with its numbers as decimals, or a literal says."""
        return None if value is None else _READ[self.sort](value)

    def of_key(self, text: str) -> Any:
        """What stands in the parentheses of an address."""
        return self.read(text[1:-1].replace("''", "'") if self.sort == "text" else text)


def literal(value: Any) -> Node:
    if value is None:
        return filters.NULL
    if isinstance(value, Fraction):
        return Node("literal", (), f"{decimal(value):f}", value)
    if isinstance(value, UUID):
        return Node("literal", (), str(value), value)
    return filters.literal(value)


def decimal(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _stored(value: Any) -> Any:
    if isinstance(value, Fraction):
        return decimal(value)
    return str(value) if isinstance(value, UUID) else value


def number(value: Any) -> int | Fraction:
    found = Fraction(str(value))
    return found.numerator if found.denominator == 1 else found


_READ: dict[str, Any] = {
    "number": number,
    "text": str,
    "uuid": UUID,
    "date": dt.date.fromisoformat,
    "moment": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "bool": bool,
}

# The first of each are what rows often have; all are what keys are drawn from.
_MORE = range(20)
_UUIDS = (
    *(UUID(int=n) for n in (0, 1, 2**127, 2**128 - 1, 0xABCDEF0123456789ABCDEF0123456789)),
    *(UUID(int=n << 100 | 0xABC) for n in _MORE),
)
_TEXTS = (
    *("", "a", "A", "ä", "Ä", "it's", "a/b", "日本", "😀", "%41", "a b", "+", "null", "'", "''"),
    *("\\", "a;b", "(", ")", "$x", "@a", "?", "#", "a,b", "e\u0301", "é", "a&b=c", '"q"', "x\ty"),
    *("true", "1", "..", ".", "//", " lead", "trail ", "\u2028", "{}", "a\nb"),
)
_DATES = (
    *map(dt.date.fromisoformat, ("2020-01-01", "2020-02-29", "1969-12-31", "9999-12-31")),
    *(dt.date(1900 + n, 1 + n % 12, 28 - n) for n in _MORE),
)
_MOMENTS = (
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2020, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2020, 1, 1, 12, 30, 5, 120000, tzinfo=dt.UTC),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC),
    *(dt.datetime(1900 + n, 1, 1, n, n, n, 1000 * n, tzinfo=dt.UTC) for n in _MORE),
)
_TIMES = (
    *(dt.time(), dt.time(1, 2, 3), dt.time(1, 2, 3, 4000), dt.time(23, 59, 59, 999999)),
    *(dt.time(n, n, 59, n) for n in _MORE),
)
_WHOLE = (0, 1, 2, 3, -1, 7, 100, *range(10, 25))
_NATURAL = tuple(n for n in _WHOLE if n >= 0)
_PARTS = tuple(Fraction(n, 20) for n in (0, 20, 30, 40, 45, 60, -20, 142, *range(100, 120)))


def _decimal(precision: int, scale: int, *pool: Fraction | int) -> Kind:
    stored = pl.Decimal(precision, scale)
    return Kind(f"decimal({precision},{scale})", "number", stored, tuple(map(Fraction, pool)))


NUMBERS = (
    Kind("byte", "number", pl.Int8, _WHOLE),
    Kind("short", "number", pl.Int16, _WHOLE),
    Kind("int", "number", pl.Int32, _WHOLE),
    Kind("long", "number", pl.Int64, (*_WHOLE, 2**40, 2**63 - 1)),
    Kind("ubyte", "number", pl.UInt8, _NATURAL),
    Kind("ushort", "number", pl.UInt16, _NATURAL),
    Kind("uint", "number", pl.UInt32, (*_NATURAL, 2**32 - 1)),
    Kind("ulong", "number", pl.UInt64, (*_NATURAL, 2**63 + 1)),
    _decimal(10, 2, *_PARTS),
    _decimal(12, 4, *_PARTS, Fraction("1.5001")),
    _decimal(38, 6, *_PARTS, Fraction("12345678901234567890123456789012.123456")),
    _decimal(38, 36, 0, 1, Fraction(3, 2), 3, *(Fraction(2 * n + 1, 8) for n in range(5, 30))),
    _decimal(38, 0, *_WHOLE, 10**37),
)
TEXT = Kind("string", "text", pl.String, _TEXTS)
OTHERS = (
    TEXT,
    Kind("string", "text", pl.String, tuple(map(str, _UUIDS))),
    Kind("date", "date", pl.Date, (*_DATES, dt.date(1, 1, 1))),
    Kind("timestamp", "moment", pl.Datetime("us", "UTC"), _MOMENTS),
    Kind("uuid", "uuid", pl.String, _UUIDS),
    Kind("time", "time", pl.Time, _TIMES),
)
BOOL = Kind("bool", "bool", pl.Boolean, (False, True))


def mark(value: int) -> Kind:
    return Kind("long", "number", pl.Int64, (value,))
