"""What a filter means, said once more: a plain evaluator over rows, written from the standard.

It shares nothing with the service. Null is None; an integer is an int, a decimal a Fraction, a
double a float, a single a Single.
"""

import datetime as dt
import math
import re
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
WIDEST = 2**127


class Fails(Exception):
    """The standard lets the request fail: a division by zero, a number that is too large."""


class Single(float):
    pass


@dataclass(frozen=True)
class Node:
    """`kind` is `column`, `literal` (of `value`, spelled `text`), or an operator or function."""

    kind: str
    parts: tuple["Node", ...] = ()
    text: str = ""
    value: Any = None


def evaluate(node: Node, row: Row) -> Any:
    match node.kind:
        case "column":
            return row[node.text]
        case "literal":
            return node.value
        case "variable":
            return row[f"@{node.text}"]
        case "any" | "all" | "count" | "countif":
            return quantified(node, row)
        case "filtered":
            return filtered(node, row)
        case "same" | "differs":
            return (listed(node.parts[0], row) == listed(node.parts[1], row)) is (
                node.kind == "same"
            )
        case "among":
            first, collection = node.parts
            values = [Node("literal", (), str(each), each) for each in listed(collection, row)]
            return any(compare("eq", first, each, row) for each in values)
        case "case":
            return branched(node, row)
        case "null":
            return evaluate(node.parts[0], row) is None
        case "and" | "or":
            return logic(node.kind, [evaluate(each, row) for each in node.parts])
        case "not":
            found = evaluate(node.parts[0], row)
            return None if found is None else not found
        case "in":
            first, *others = node.parts
            return any(compare("eq", first, each, row) for each in others)
        case "eq" | "ne" | "gt" | "ge" | "lt" | "le":
            left, right = node.parts
            return compare(node.kind, left, right, row)
        case _:
            return computed(node, row)


def computed(node: Node, row: Row) -> Any:
    if node.kind in WHOLES:
        return WHOLES[node.kind](*(listed(each, row) for each in node.parts))
    values = [evaluate(each, row) for each in node.parts]
    if any(each is None for each in values):
        return None
    if node.kind == "member":
        return values[0][node.text]
    if node.kind == "cast":
        return cast(values[0], node.text)
    if node.kind in ARITHMETIC:
        return arithmetic(node.kind, *values)
    return FUNCTIONS[node.kind](*values)


def logic(operator: str, values: list[Any]) -> Any:
    decides = operator == "or"
    if decides in values:
        return decides
    return None if None in values else not decides


# collections


def listed(node: Node, row: Row) -> list[Any]:
    """A collection is never null."""
    return evaluate(node, row) or []


def quantified(node: Node, row: Row) -> Any:
    """All members are looked at, so that what fails for one of them is found."""
    collection, *predicate = node.parts
    members = listed(collection, row)
    if not predicate:
        return len(members) if node.kind == "count" else bool(members)
    variable = f"@{node.text}"
    found = [evaluate(predicate[0], {**row, variable: each}) is True for each in members]
    return {"any": any(found), "all": all(found), "countif": sum(found)}[node.kind]


def filtered(node: Node, row: Row) -> list[Any]:
    collection, predicate = node.parts
    variable = f"@{node.text}"
    members = listed(collection, row)
    return [each for each in members if evaluate(predicate, {**row, variable: each}) is True]


def subset(whole: list[Any], part: list[Any]) -> bool:
    left = list(whole)
    for each in part:
        if each not in left:
            return False
        left.remove(each)
    return True


def subsequence(whole: list[Any], part: list[Any]) -> bool:
    rest = iter(whole)
    return all(any(each == other for other in rest) for each in part)


WHOLES: dict[str, Any] = {"hassubset": subset, "hassubsequence": subsequence}

# branches and types


def branched(node: Node, row: Row) -> Any:
    pairs = zip(node.parts[::2], node.parts[1::2], strict=True)
    found = [(evaluate(test, row), evaluate(value, row)) for test, value in pairs]
    return next((value for test, value in found if test is True), None)


BOUNDS = {"SByte": (-128, 127), "Byte": (0, 255), "Int32": (-(2**31), 2**31 - 1)}


def cast(value: Any, name: str) -> Any:
    if name == "String":
        return written(value)
    if isinstance(value, str):
        if not re.fullmatch("[+-]?[0-9]+", value):
            return None
        value = int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    least, most = BOUNDS[name]
    whole = int(rounded(value))
    return whole if least <= whole <= most else None


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)


# comparisons


def compare(operator: str, left: Node, right: Node, row: Row) -> Any:
    a, b = evaluate(left, row), evaluate(right, row)
    if a is None or b is None:
        both = a is None and b is None
        return {"eq": both, "ge": both, "le": both, "ne": not both}.get(operator, False)
    a, b = meet(left, a, right, b)
    return {
        "eq": a == b, "ne": a != b, "gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b,
    }[operator]  # fmt: skip


def meet(left: Node, a: Any, right: Node, b: Any) -> tuple[Any, Any]:
    """Numbers become alike; a literal keeps its exact value beside what is exact."""
    if not is_number(a):
        return a, b
    if right.kind == "literal":
        return a, beside(right, a)
    if left.kind == "literal":
        return beside(left, b), b
    return promoted(a, b)


def beside(literal: Node, other: Any) -> Any:
    value = literal.value
    if isinstance(other, float):
        found = single(value) if isinstance(other, Single) else float(value)
        return found if math.isfinite(found) else float(value)
    return Fraction(literal.text) if math.isfinite(value) else value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def promoted(a: Any, b: Any) -> tuple[Any, Any]:
    if any(type(each) is float for each in (a, b)):
        return float(a), float(b)
    if any(type(each) is Single for each in (a, b)):
        return single(a), single(b)
    if any(type(each) is Fraction for each in (a, b)):
        return Fraction(a), Fraction(b)
    return a, b


def single(value: Any) -> Single:
    try:
        return Single(struct.unpack("f", struct.pack("f", float(value)))[0])
    except OverflowError:
        return Single(math.copysign(math.inf, value))


# arithmetic

ARITHMETIC = {"add", "sub", "mul", "div", "divby", "mod", "-"}


def arithmetic(operator: str, a: Any, b: Any = None) -> Any:
    if operator == "-":
        return single(-a) if isinstance(a, Single) else -a
    if not is_number(a) or not is_number(b):
        return times(operator, a, b)
    a, b = promoted(a, b)
    if operator == "divby" or (operator == "div" and isinstance(a, Fraction)):
        if b == 0 and operator == "div":
            raise Fails
        if b != 0 and isinstance(a, Fraction):
            return float(a / b)
        a, b = float(a), float(b)
    found = {
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "div": lambda: quotient(a, b),
        "divby": lambda: quotient(a, b),
        "mod": lambda: remainder(a, b),
    }[operator]()
    if isinstance(a, Single):
        return single(found)
    if type(found) is int and not -WIDEST <= found < WIDEST:
        raise Fails
    return found


def quotient(a: Any, b: Any) -> Any:
    if isinstance(a, float):
        if b == 0:
            sign = math.copysign(1, a) * math.copysign(1, b)
            return math.nan if a == 0 or math.isnan(a) else sign * math.inf
        return float(a) / float(b)
    if b == 0:
        raise Fails
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def remainder(a: Any, b: Any) -> Any:
    if b == 0:
        raise Fails
    if isinstance(a, float):
        return math.nan if math.isinf(a) else math.fmod(a, b)
    found = abs(a) % abs(b)
    return -found if a < 0 else found


def times(operator: str, a: Any, b: Any) -> Any:
    if not isinstance(b, dt.timedelta):
        return a - b
    moment = a if isinstance(a, dt.datetime) else dt.datetime.combine(a, dt.time())
    moved = moment + b if operator == "add" else moment - b
    return moved if isinstance(a, dt.datetime) else moved.date()


# functions

BLANKS = " \t\n\v\f\r\x85\u00a0\u2003\u3000"


def substring(text: str, start: int, length: int | None = None) -> str:
    begin = start if start >= 0 else max(len(text) + start, 0)
    return text[begin:] if length is None else text[begin : begin + max(length, 0)]


def rounded(value: Any) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return value
    exact = Fraction(value)
    whole = math.floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    return like(value, whole)


def like(value: Any, whole: int) -> Any:
    if isinstance(value, Single):
        return single(whole)
    return float(whole) if isinstance(value, float) else whole


def whole_by(step: Any) -> Any:
    def take(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return value
        return like(value, step(value))

    return take


def seconds(length: dt.timedelta) -> Fraction:
    return Fraction(length // dt.timedelta(microseconds=1), 1_000_000)


FUNCTIONS: dict[str, Any] = {
    "concat": lambda a, b: a + b,
    "contains": lambda a, b: b in a,
    "startswith": lambda a, b: a.startswith(b),
    "endswith": lambda a, b: a.endswith(b),
    "indexof": lambda a, b: a.find(b),
    "length": len,
    "substring": substring,
    "tolower": str.lower,
    "toupper": str.upper,
    "matchespattern": lambda a, pattern: re.search(pattern, a) is not None,
    "trim": lambda a: a.strip(BLANKS),
    **{part: (lambda a, part=part: getattr(a, part)) for part in ("year", "month", "day")},
    **{part: (lambda a, part=part: getattr(a, part)) for part in ("hour", "minute", "second")},
    "fractionalseconds": lambda a: Fraction(a.microsecond, 1_000_000),
    "date": lambda a: a.date(),
    "time": lambda a: a.time(),
    "totaloffsetminutes": lambda a: 0,
    "totalseconds": seconds,
    "round": rounded,
    "floor": whole_by(math.floor),
    "ceiling": whole_by(math.ceil),
}
