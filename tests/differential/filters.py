"""Random rows and random filters over them, as trees and as the text that a client would send."""

import datetime as dt
import json
import math
import random
import uuid
from fractions import Fraction
from typing import Any

from tests.differential.evaluator import Node, Row, single

TYPES = {
    "i": "int",
    "y": "ubyte",
    "l": "long",
    "d": "decimal(9,2)",
    "u": "ulong",
    "f": "double",
    "r": "float",
    "t": "string",
    "w": "string",
    "day": "date",
    "at": "timestamp",
    "tm": "time",
    "g": "uuid",
    "b": "bool",
    "x": "binary",
    "ts": "list<string>",
    "ns": "list<int>",
    "s": "struct<c:string,z:int>",
    "ss": "list<struct<c:string,z:int>>",
}
PLAIN = ["", "a", "A b", "b a", "100%", "a_b", "it's"]
TEXTS = [*PLAIN, "é", "ÉA", " a ", "\ta\u00a0", "\x85\va", "👍a", "\\", "aa"]
MOMENTS = [
    dt.datetime(2023, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC),
    dt.datetime(1999, 12, 31, 12, 30, 0, 500000, tzinfo=dt.UTC),
    dt.datetime(2024, 3, 1, 1, 2, 3, tzinfo=dt.UTC),
]
LENGTHS = [dt.timedelta(days=1), dt.timedelta(hours=-30), dt.timedelta(seconds=1.5)]
GUIDS = [str(uuid.UUID(int=n << 100 | 0xABC)) for n in (0, 1, 9)]
BYTES = [b"", b"\x00\xff", b"ab"]
VALUES: dict[str, list[Any]] = {
    "i": [0, 1, -1, 2, 7, -7, 2**31 - 1, -(2**31)],
    "y": [0, 1, 2, 255],
    "l": [0, 1, 5, -5, 2**53 + 1, 2**63 - 1, -(2**63)],
    "d": [Fraction(n, 100) for n in (0, 10, 250, -250, 199, 999999999, -999999999)],
    "u": [Fraction(n) for n in (0, 1, 2**64 - 1)],
    "f": [0.0, -0.0, 0.1, 2.5, -2.5, 1e300, 9007199254740992.0, math.inf, -math.inf, math.nan],
    "r": [single(n) for n in (0, 0.1, 2.5, -3.5, 16777216, math.inf, math.nan)],
    "t": TEXTS,
    "w": TEXTS,
    "day": [moment.date() for moment in MOMENTS],
    "at": MOMENTS,
    "tm": [moment.time() for moment in MOMENTS],
    "g": GUIDS,
    "b": [True, False],
    "x": BYTES,
}
SCALARS = list(VALUES)
PATTERNS = ["a", "^A", "b$", "[ab]+", "a.b", "x*", "^.?$", "\\\\"]
NUMBERS = [300, -1, 2, 10**25, Fraction(5, 2), Fraction(-1, 2), math.inf, math.nan, 0.1]
INTEGERS, EXACT, INEXACT = ["i", "y", "l"], ["d", "u"], ["f", "r"]
COMPARISONS = ["eq", "ne", "gt", "ge", "lt", "le"]


def rows(dice: random.Random, count: int) -> list[Row]:
    return [{name: drawn(dice, name) for name in TYPES} for _ in range(count)]


def drawn(dice: random.Random, name: str) -> Any:
    if dice.random() < 0.2:
        return None
    match name:
        case "ts":
            return [dice.choice([*PLAIN[:4], None]) for _ in range(dice.randint(0, 3))]
        case "ns":
            return [dice.choice([0, 1, 2, 7, None]) for _ in range(dice.randint(0, 4))]
        case "s":
            return {"c": dice.choice([*PLAIN[:4], None]), "z": dice.choice([0, 1, 7, None])}
        case "ss":
            return [drawn(dice, "s") for _ in range(dice.randint(0, 3))]
        case _:
            return dice.choice(VALUES[name])


# text


def text(node: Node) -> str:
    inner = [text(each) for each in node.parts]
    match node.kind:
        case "column" | "literal":
            return node.text
        case "variable":
            return node.text
        case "member":
            return node.text if node.value == "own" else f"{inner[0]}/{node.text}"
        case "any" | "all":
            said = f"{node.text}:{inner[1]}" if inner[1:] else ""
            return f"{inner[0]}/{node.kind}({said})"
        case "count":
            return f"{inner[0]}/$count"
        case "countif":
            return f"{inner[0]}/$count($filter={inner[1]})"
        case "filtered":
            return f"{inner[0]}/$filter({inner[1]})"
        case "same" | "differs":
            return f"({inner[0]} {'eq' if node.kind == 'same' else 'ne'} {inner[1]})"
        case "among":
            return f"{inner[0]} in {inner[1]}"
        case "null":
            return f"({inner[0]} eq null)"
        case "case":
            pairs = zip(inner[::2], inner[1::2], strict=True)
            return f"case({','.join(map(':'.join, pairs))})"
        case "cast":
            return f"cast({inner[0]},Edm.{node.text})"
        case "not":
            return f"not ({inner[0]})"
        case "-":
            return f"(-({inner[0]}))"
        case "in":
            return f"{inner[0]} in ({','.join(inner[1:])})"
        case "and" | "or" | "eq" | "ne" | "gt" | "ge" | "lt" | "le":
            return "(" + f" {node.kind} ".join(inner) + ")"
        case "add" | "sub" | "mul" | "div" | "divby" | "mod":
            return "(" + f" {node.kind} ".join(inner) + ")"
        case name:
            return f"{name}({','.join(inner)})"


def spelled(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dt.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return (
                f"duration'{'-' if value < dt.timedelta() else ''}PT{abs(value).total_seconds()}S'"
            )
        case bytes():
            return "binary'" + value.hex().replace("00ff", "AP8").replace("6162", "YWI") + "'"
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "INF" if value > 0 else "-INF"
        case float():
            return f"{float(value):e}" if float(f"{float(value):e}") == value else f"{value!r}"
        case Fraction():
            return f"{value.numerator * 100 // value.denominator / 100:.2f}"
        case _:
            return str(value)


def literal(value: Any) -> Node:
    if isinstance(value, str):
        return Node("literal", (), "'" + value.replace("'", "''") + "'", value)
    return Node("literal", (), spelled(value), value)


NULL = Node("literal", (), "null", None)


def array(values: list[Any]) -> Node:
    return Node("literal", (), json.dumps(values, ensure_ascii=False), values)


# trees


class Dice(random.Random):
    """Draws typed expressions; `level` is how many collections are around."""

    level = 0

    def condition(self, depth: int) -> Node:
        kind = self.random()
        if depth > 0 and kind < 0.35:
            parts = tuple(self.condition(depth - 1) for _ in range(self.randint(2, 4)))
            return Node(self.choice(["and", "or"]), parts)
        if depth > 0 and kind < 0.5:
            return Node("not", (self.condition(depth - 1),))
        if depth > 0 and kind < 0.55:
            parts = (self.condition(depth - 1), self.condition(depth - 1))
            return Node(self.choice(COMPARISONS), parts)
        return self.test(depth)

    def test(self, depth: int) -> Node:
        kind = self.random()
        if kind < 0.05:
            return self.choice([Node("column", (), "b"), literal(True), literal(False), NULL])
        if kind < 0.2:
            name = self.choice(["contains", "startswith", "endswith"])
            return Node(name, (self.string(depth), self.string(0)))
        if kind < 0.35:
            return self.membership(depth)
        if kind < 0.6:
            return self.choice([self.quantified, self.wholes, self.typed])(depth)
        make = self.choice([self.number, self.number, self.string, self.of_time, self.plain])
        return make_comparison(self, make, depth)

    def membership(self, depth: int) -> Node:
        name = self.choice(SCALARS)
        values = [literal(v) for v in self.sample(VALUES[name], self.randint(1, 2)) if ok(v)]
        values += [NULL] if self.random() < 0.3 or not values else []
        first = Node("column", (), name)
        if name in INTEGERS and depth > 0 and self.random() < 0.3:
            first = self.integer(depth)
            values += [Node("literal", (), "2.5", Fraction(5, 2))]
        return Node("in", (first, *values))

    def quantified(self, depth: int) -> Node:
        """What is said of the members of a collection, perhaps with something of the row."""
        self.level += 1
        name = f"v{self.level}"
        item, collection = Node("variable", (), name), self.choice(["ts", "ns", "ss"])
        source = Node("column", (), collection)
        said = self.of_member(item, collection)
        if depth > 0 and self.random() < 0.3:
            said = Node(self.choice(["and", "or"]), (said, self.test(depth - 1)))
        self.level -= 1
        kind = self.random()
        if kind < 0.1:
            return Node("any", (source,))
        if kind < 0.7:
            return Node(self.choice(["any", "all"]), (source, said), name)
        if kind < 0.8:
            counted = Node("count", (source,))
        else:
            this = Node("variable", (), "$this")
            counted = Node("countif", (source, self.of_member(this, collection)), "$this")
        return Node(self.choice(COMPARISONS), (counted, literal(self.randint(0, 2))))

    def of_member(self, item: Node, collection: str) -> Node:
        if collection == "ss":
            own = "own" if item.text == "$this" else None
            field, collection = self.choice([("c", "ts"), ("z", "ns")])
            item = Node("member", (item,), field, own)
        if collection == "ts":
            other = literal(self.choice(PLAIN[:4]))
            if self.random() < 0.3:
                return Node("contains", (item, other))
        else:
            other = literal(self.choice([0, 1, 2]))
            if self.random() < 0.3:
                item = Node(self.choice(["add", "sub", "mul"]), (item, literal(1)))
        if self.random() < 0.2:
            return Node("in", (item, other, NULL))
        if self.random() < 0.2:
            other = NULL
        return Node(self.choice(COMPARISONS), (item, other))

    def wholes(self, _: int) -> Node:
        """What is said of a collection, or of a complex value, as a whole."""
        name = self.choice(["ts", "ns"])
        column = Node("column", (), name)
        pool = PLAIN[:4] if name == "ts" else [0, 1, 2, 7]
        given = array([self.choice([*pool, None]) for _ in range(self.randint(0, 3))])
        kind = self.random()
        if kind < 0.3:
            return Node(self.choice(["same", "differs"]), (column, given))
        if kind < 0.6:
            sides = self.choice([(column, given), (given, column), (column, column)])
            return Node(self.choice(["hassubset", "hassubsequence"]), sides)
        if kind < 0.8:
            first = self.leaf(["t"], []) if name == "ts" else self.leaf(["i", "l"], [literal(1)])
            return Node("among", (first, column))
        whole = Node("column", (), "s")
        if self.random() < 0.3:
            return Node("null", (whole,))
        field = self.choice("cz")
        part = Node("member", (whole,), field)
        other = self.leaf(["t"] if field == "c" else ["i"], [NULL])
        return Node(self.choice(COMPARISONS), (part, other))

    def typed(self, depth: int) -> Node:
        """Branches, casts and patterns."""
        kind = self.random()
        if kind < 0.2:
            return Node("matchespattern", (self.string(depth), literal(self.choice(PATTERNS))))
        if kind < 0.5:
            branches = [self.test(0), self.integer(0), self.test(0), self.integer(depth - 1)]
            return Node(self.choice(COMPARISONS), (Node("case", tuple(branches)), literal(1)))
        if kind < 0.75:
            source = self.leaf(["i", "l", "t", "day", "b", "g"], [])
            found = Node("cast", (source,), "String")
            return Node(self.choice(COMPARISONS), (found, literal(self.choice([*PLAIN, "1", "7"]))))
        source = self.leaf(["i", "l", "d", "u", "f", "r", "t"], [])
        found = Node("cast", (source,), self.choice(["SByte", "Byte", "Int32"]))
        return Node(self.choice(COMPARISONS), (found, self.choice([literal(1), literal(2), NULL])))

    def number(self, depth: int) -> Node:
        return self.choice([self.integer, self.integer, self.decimal, self.float])(depth)

    def integer(self, depth: int) -> Node:
        kind = self.random()
        if depth <= 0 or kind < 0.4:
            return self.leaf(INTEGERS, [literal(self.randint(-9, 9)), literal(2**33)])
        if kind < 0.5:
            return Node("length", (self.string(depth - 1),))
        if kind < 0.6:
            return Node("indexof", (self.string(depth - 1), self.string(0)))
        if kind < 0.7:
            name = self.choice(["year", "month", "day"])
            return Node(name, (self.leaf(["day", "at"], []),))
        if kind < 0.8:
            name = self.choice(["hour", "minute", "second"])
            return Node(name, (self.leaf(["tm", "at"], []),))
        if kind < 0.85:
            return Node("-", (self.integer(depth - 1),))
        operator = self.choice(["add", "sub", "mul", "div", "mod"])
        return Node(operator, (self.integer(depth - 1), self.integer(depth - 1)))

    def decimal(self, depth: int) -> Node:
        kind = self.random()
        if depth <= 0 or kind < 0.4:
            return self.leaf(["d", "d", "u"], [literal(Fraction(self.randint(-99, 99), 4))])
        if kind < 0.5:
            return Node("fractionalseconds", (self.leaf(["tm", "at"], []),))
        if kind < 0.7:
            name = self.choice(["round", "floor", "ceiling"])
            return Node(name, (self.leaf(["d", "i", "f", "r"], []),))
        operator = self.choice(["add", "sub", "mul", "mod", "div", "divby"])
        return Node(operator, (self.leaf(["d"], []), self.leaf(["d", "i"], [])))

    def float(self, depth: int) -> Node:
        if depth <= 0 or self.random() < 0.5:
            return self.leaf(INEXACT, [literal(0.5), literal(2.5), literal(1e10)])
        if self.random() < 0.2:
            return Node("-", (self.float(depth - 1),))
        operator = self.choice(["add", "sub", "mul", "div", "divby", "mod"])
        return Node(operator, (self.float(depth - 1), self.float(0)))

    def string(self, depth: int) -> Node:
        if depth <= 0 or self.random() < 0.5:
            return self.leaf(["t", "w"], [literal(self.choice(TEXTS))])
        name = self.choice(["concat", "tolower", "toupper", "trim", "substring", "substring"])
        first = self.string(depth - 1)
        if name == "concat":
            return Node(name, (first, self.string(0)))
        if name != "substring":
            return Node(name, (first,))
        start = self.leaf(["i", "l"], [literal(self.randint(-3, 3))])
        more = (literal(self.randint(0, 3)),) if self.random() < 0.5 else ()
        return Node(name, (first, start, *more))

    def of_time(self, depth: int) -> Node:
        kind = self.random()
        if depth <= 0 or kind < 0.5:
            return self.leaf([self.choice(["day", "at", "tm"])], [])
        if kind < 0.7:
            return Node(self.choice(["date", "time"]), (self.leaf(["at"], []),))
        length = literal(self.choice(LENGTHS))
        if kind < 0.9:
            return Node(self.choice(["add", "sub"]), (self.leaf(["day", "at"], []), length))
        same = self.choice(["day", "at"])
        between = Node("sub", (self.leaf([same], []), self.leaf([same], [])))
        return Node("totalseconds", (between,))

    def plain(self, _: int) -> Node:
        return self.leaf(["g", "b", "x", "t", "day", "at", "tm"], [])

    def leaf(self, columns: list[str], literals: list[Node]) -> Node:
        return self.choice([Node("column", (), self.choice(columns)), *literals])


def ok(value: Any) -> bool:
    """Whether the text of the value is exactly the value."""
    return not isinstance(value, float) or value in (0.1, 2.5, -2.5) or not math.isfinite(value)


def sort_of(node: Node) -> str:
    """Which columns it can be compared with."""
    match node.kind:
        case "column":
            return {"w": "t"}.get(node.text, "n" if node.text in "iylduf r" else node.text)
        case "literal":
            return "t" if isinstance(node.value, str) else "n"
        case "concat" | "tolower" | "toupper" | "trim" | "substring":
            return "t"
        case "date" | "time":
            return {"date": "day", "time": "tm"}[node.kind]
        case "add" | "sub":
            return sort_of(node.parts[0])
        case _:
            return "n"


def make_comparison(dice: Dice, make: Any, depth: int) -> Node:
    left = make(depth)
    sort = sort_of(left)
    if sort == "n":
        right = dice.choice([dice.number(depth), Node("column", (), dice.choice("iyldfr"))])
        other = dice.random()
        if left.kind != "literal" and other < 0.5:
            number = dice.choice(
                [300, -1, Fraction(5, 2), Fraction(-1, 2), 10**25, math.inf, math.nan, 2, 0.1]
            )
            right = literal(number)
        if left.kind == right.kind == "literal":
            right = Node("column", (), "i")
    else:
        pool = [literal(dice.choice(VALUES[sort])), Node("column", (), sort)]
        right = dice.choice(pool)
        if left.kind == right.kind == "literal":
            right = Node("column", (), "w")
    if dice.random() < 0.05:
        right = NULL
    parts = (left, right) if dice.random() < 0.8 else (right, left)
    return Node(dice.choice(COMPARISONS), parts)
