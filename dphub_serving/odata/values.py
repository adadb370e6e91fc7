"""Literals and key segments -> Python values that a database takes as parameters.

OData URL Conventions 4.01, section 5.1.1.14: a string literal is cast to the type it meets, so
every type can also be read from plain text (which is what a key-as-segment is).
"""

import base64
import binascii
import datetime as dt
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal

from dphub_serving.odata.ast import Literal, LiteralKind
from dphub_serving.odata.errors import echo

Value = bool | int | float | Decimal | str | bytes | dt.date | dt.time | dt.datetime | dt.timedelta

_EXTREMES = frozenset({"INF", "-INF", "NaN"})
_MOST_DIGITS = 60
_WHOLE_TEXT = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL_TEXT = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,3})?")
_DATE_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unfit(ValueError):
    """The text is no value of the type."""


class Finer(Unfit):
    """A value of the type that lies between two of those that are kept, behind `floor`."""

    def __init__(self, text: str, edm: str, floor: Value) -> None:
        super().__init__(f"{echo(text)} has more than six digits of a second, or a leap second")
        self.text, self.edm, self.floor = text, edm, floor


def from_literal(literal: Literal, edm: str) -> Value:
    """Raises Unfit, also where the standard knows no cast between the two."""
    if literal.kind != "string" and literal.kind not in _KINDS.get(edm, ()):
        raise Unfit(f"{literal.kind} {echo(literal.text)} is no {edm}")
    return from_text(literal.text, edm)


def from_text(text: str, edm: str) -> Value:
    read = _READERS.get(edm)
    if read is None:
        raise Unfit(f"{edm} has no values in a URL")
    try:
        return read(text)
    except Finer:
        raise
    except (ValueError, OverflowError, ArithmeticError, binascii.Error) as problem:
        raise Unfit(f"{echo(text)} is no {edm}") from problem


def number(text: str) -> Decimal | float:
    """Exactly as it is written; raises Unfit for what no double reaches."""
    if text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS:
        return Decimal(text)
    double = from_text(text, "Edm.Double")
    assert isinstance(double, float)
    return double if text in _EXTREMES else Decimal(text)


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not _WHOLE_TEXT.fullmatch(text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return read


def _decimal(text: str) -> Decimal:
    if not _DECIMAL_TEXT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _double(text: str) -> float:
    if text in _EXTREMES:
        return float(text)
    if not _DECIMAL_TEXT.fullmatch(text):
        raise ValueError(text)
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _guid(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text):
        raise ValueError(text)
    return str(uuid.UUID(text))


def _date(text: str) -> dt.date:
    if not _DATE_TEXT.fullmatch(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def _time(text: str) -> dt.time:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?", text):
        raise ValueError(text)
    # Python would keep six digits, and say nothing.
    clock, finer = _microseconds(text)
    found = dt.time.fromisoformat(clock)
    if finer:
        raise Finer(text, "Edm.TimeOfDay", found)
    return found


def _datetime(text: str) -> dt.datetime:
    """In UTC. DuckDB would drop the offset silently when it casts such a text to TIMESTAMP."""
    match = re.fullmatch(r"(\S{10})[Tt]([0-9:.]+)([Zz]|[ +-][0-9]{2}:[0-9]{2})", text)
    if match is None:
        raise ValueError(text)
    day, whole, offset = match.groups()
    zone = "+00:00" if offset in {"Z", "z"} else offset.replace(" ", "+")
    clock, finer = _microseconds(whole)
    moment = dt.datetime.combine(_date(day), _time(clock))
    found = dt.datetime.fromisoformat(moment.isoformat() + zone).astimezone(dt.UTC)
    if finer:
        raise Finer(text, "Edm.DateTimeOffset", found)
    return found


def _microseconds(clock: str) -> tuple[str, bool]:
    """And whether the second has more digits than that, or is a leap second."""
    whole, dot, fraction = clock.partition(".")
    if whole[6:] == "60":
        return f"{whole[:6]}59.999999", True
    kept = fraction[:6].ljust(6, "0")
    return f"{whole}.{kept}" if dot else whole, bool(fraction[6:].strip("0"))


def _duration(text: str) -> dt.timedelta:
    match = re.fullmatch(
        r"([+-]?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,12})?)S)?)?",
        text,
        re.ASCII | re.IGNORECASE,
    )
    if match is None or not any(match.groups()[1:]) or match[1] == "+":
        raise ValueError(text)
    days, hours, minutes = (int(match[group] or 0) for group in (2, 3, 4))
    microseconds = Decimal(match[5] or 0) * 1_000_000 * (-1 if match[1] else 1)
    length = dt.timedelta(days=days, hours=hours, minutes=minutes)
    floor = math.floor(microseconds)
    found = (-length if match[1] else length) + dt.timedelta(microseconds=floor)
    if floor != microseconds:
        raise Finer(text, "Edm.Duration", found)
    return found


def _binary(text: str) -> bytes:
    """base64url; the padding may be left out."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", text):
        raise ValueError(text)
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


_READERS: dict[str, Callable[[str], Value]] = {
    "Edm.String": str,
    "Edm.Boolean": _boolean,
    "Edm.SByte": _integer(-(2**7), 2**7 - 1),
    "Edm.Byte": _integer(0, 2**8 - 1),
    "Edm.Int16": _integer(-(2**15), 2**15 - 1),
    "Edm.Int32": _integer(-(2**31), 2**31 - 1),
    "Edm.Int64": _integer(-(2**63), 2**63 - 1),
    "Edm.Decimal": _decimal,
    "Edm.Single": _double,
    "Edm.Double": _double,
    "Edm.Guid": _guid,
    "Edm.Date": _date,
    "Edm.TimeOfDay": _time,
    "Edm.DateTimeOffset": _datetime,
    "Edm.Duration": _duration,
    "Edm.Binary": _binary,
}
_WHOLE: frozenset[LiteralKind] = frozenset({"integer"})
_NUMBER: frozenset[LiteralKind] = frozenset({"integer", "decimal", "double"})
_KINDS: dict[str, frozenset[LiteralKind]] = {
    "Edm.Boolean": frozenset({"boolean"}),
    "Edm.SByte": _WHOLE,
    "Edm.Byte": _WHOLE,
    "Edm.Int16": _WHOLE,
    "Edm.Int32": _WHOLE,
    "Edm.Int64": _WHOLE,
    "Edm.Decimal": _NUMBER,
    "Edm.Single": _NUMBER,
    "Edm.Double": _NUMBER,
    "Edm.Guid": frozenset({"guid"}),
    "Edm.Date": frozenset({"date"}),
    "Edm.TimeOfDay": frozenset({"time"}),
    "Edm.DateTimeOffset": frozenset({"datetime"}),
    "Edm.Duration": frozenset({"duration"}),
    "Edm.Binary": frozenset({"binary"}),
}
