"""Random requests: most keep to the grammar of OData, some are spoiled on the way."""

import random
import re
import string
from pathlib import Path
from urllib.parse import quote

COLUMNS = {
    "n": "long",
    "before": "long",
    "s": "string",
    "x": "double",
    "p": "decimal(9,2)",
    "d": "date",
    "t": "timestamp",
    "u": "uuid",
    "b": "bool",
    "l": "list<string>",
    "c": "struct<v:int,w:string>",
}
ROWS = """
SELECT i::BIGINT AS n, nullif(i - 1, -1)::BIGINT AS before, 'text ' || i AS s,
    CASE WHEN i % 4 > 0 THEN i / 4 ELSE 'NaN'::DOUBLE END AS x,
    i::DECIMAL(9,2) AS p, DATE '2024-02-29' + i::INTEGER AS d,
    TIMESTAMPTZ '2024-02-29 12:00:00+00' AS t, '6f9619ff-8b86-d011-b42d-00cf4fc964ff' AS u,
    i % 2 = 0 AS b, ['a', NULL] AS l, {'v': i, 'w': 'z'} AS c
FROM range(40) t(i)
"""
PARTS = """
SELECT 'part ' || i AS id, (i * 7 % 50)::BIGINT AS "row", -1::BIGINT AS none, i / 3 AS price,
    ['a', 'text ' || i] AS tags, {'v': i, 'w': 'z'} AS place
FROM range(90) t(i)
"""

CHARACTERS = (
    *string.ascii_letters,
    *string.digits,
    *"-_.~ ''\"()[]{};:,/\\%*+<>=@$&?#|^`!\0\n\t",
    *"üß漢🎉ﬁ\u202e",
)
_NAME = re.compile(r"<([a-z]+)>")
_WEIGHTED = re.compile(r"  (\d+) ?(.*)")
DEEPEST = 12
BREAKERS = ("(", ")", "'", "null", "not ", "/", "$")
# What is taken where a text has become too deep.
CALM = {
    "bool": "b",
    "value": "n",
    "number": "1",
    "text": "s",
    "order": "n",
    "search": "a",
    "expand": "parts",
    "inner": "$top=1",
}


def _grammar() -> dict[str, list[str]]:
    """`<name>` in an alternative stands for one of that name."""
    found: dict[str, list[str]] = {"char": list(CHARACTERS)}
    alternatives: list[str] = []
    for line in Path(__file__).with_name("requests.grammar").read_text().splitlines():
        if match := _WEIGHTED.fullmatch(line):
            alternatives += [match[2]] * int(match[1])
        elif not line.startswith("#"):
            alternatives = found.setdefault(line, [])
    return found


GRAMMAR = _grammar()


def url(number: int) -> str:
    """The same for the same number."""
    chance = random.Random(number)
    text = _expanded("url", chance, 0)
    path, question, options = text.partition("?")
    if chance.random() < 0.25:
        options = _spoiled(options, chance)
    if chance.random() < 0.1:
        path = "/odata/" + _spoiled(path.removeprefix("/odata/"), chance)
    return quote(path, safe="/$(),='@~;:") + question + quote(options, safe="$=&(),'/@:*!;")


def _expanded(name: str, chance: random.Random, depth: int) -> str:
    if depth > DEEPEST and name in CALM:
        return CALM[name]
    chosen = chance.choice(GRAMMAR[name])
    if name == "char":
        return chosen
    if name == "raw" and depth > DEEPEST:
        return "r"
    pieces = _NAME.split(chosen)
    return "".join(
        _expanded(piece, chance, depth + 1) if number % 2 and piece in GRAMMAR else piece
        for number, piece in enumerate(pieces)
    )


def _spoiled(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        other = min(len(text), at + chance.randint(0, 6))
        match chance.randrange(4):
            case 0:
                text = text[:at] + text[other:]
            case 1:
                text = text[:at] + chance.choice(GRAMMAR["char"]) + text[at:]
            case 2:
                text = text[:other] + text[at:other] * chance.randint(1, 40) + text[other:]
            case _:
                text = text[:at] + chance.choice(BREAKERS) + text[at:]
    return text[:2000]
