"""Random expressions of any types: the grammar allows them, and most of them mean nothing."""

import random

LEAVES = [
    *(
        "i",
        "y",
        "l",
        "d",
        "u",
        "f",
        "r",
        "t",
        "day",
        "at",
        "tm",
        "g",
        "b",
        "x",
        "ts",
        "ns",
        "s",
        "ss",
    ),
    *("s/c", "s/z", "v", "v/z", "c", "z", "$this", "$it/i", "ts/$count", "now()", "@p", "@q"),
    *("null", "1", "2.5", "1e3", "NaN", "INF", "true", "'a'", "''", "'2024-01-01'", "2024-01-01"),
    *("2024-01-01T00:00:00Z", "12:00:00", "duration'PT1H'", "binary'YQ'"),
    *("[1,2]", "[]", '["a",null]', "[1,2.5,null]", '{"c":"a","z":1}', '{"c":null}'),
]
OPERATORS = [
    *("eq", "ne", "gt", "ge", "lt", "le", "and", "or", "in", "eq", "ne"),
    *("add", "sub", "mul", "div", "divby", "mod"),
]
UNARY = [
    *("length", "tolower", "trim", "year", "hour", "date", "time", "round", "floor"),
    *("totalseconds", "fractionalseconds", "totaloffsetminutes"),
]
BINARY = [
    *("concat", "contains", "indexof", "substring", "matchespattern"),
    *("hassubset", "hassubsequence"),
]
TYPES = [
    *("String", "Int32", "Byte", "Decimal", "Double", "Single", "Boolean", "Guid"),
    *("Date", "DateTimeOffset", "TimeOfDay", "Duration", "Binary"),
]
COLLECTIONS = ["ts", "ns", "ss"]


def text(dice: random.Random, depth: int) -> str:
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(LEAVES)
    a, b, c, d = (text(dice, depth - 1) for _ in range(4))
    many, kind = dice.choice(COLLECTIONS), dice.choice(TYPES)
    shapes = [
        f"not ({a})",
        f"-({a})",
        f"{dice.choice(UNARY)}({a})",
        f"{dice.choice(BINARY)}({a},{b})",
        f"{many}/{dice.choice(['any', 'all'])}(v:{a})",
        f"{many}/$count($filter={a})",
        f"{many}/$filter({a})/any(v:{b})",
        f"case({a}:{b},{c}:{d})",
        f"cast({a},Edm.{kind})",
        f"isof({a},Edm.{kind})",
    ]
    return dice.choice([*[f"({a} {dice.choice(OPERATORS)} {b})"] * 6, *shapes])
