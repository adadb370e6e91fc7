"""Tokens that are values -> Literal: quotes, prefixes and suffixes taken off, nothing converted."""

import json
import re
from collections.abc import Mapping
from typing import cast

from dphub_serving.odata.ast import Literal, LiteralKind
from dphub_serving.odata.grammar import geo
from dphub_serving.odata.grammar.lexer import Token

_PLAIN: Mapping[str, LiteralKind] = {
    "guid": "guid",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
}
_WORDS: Mapping[str, LiteralKind] = {"true": "boolean", "false": "boolean", "null": "null"}
_EXTREMES = frozenset({"INF", "NaN"})
DURATION = re.compile(
    r"-?P(?=.)(?:[0-9]+D)?"
    r"(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
    re.IGNORECASE,
)
BINARY = re.compile(
    "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=?|[A-Za-z0-9_-][AQgw](?:==)?)?"
)
ENUM = re.compile(r"(?:[^\W\d]\w*|[+-]?[0-9]{1,19})(?:,(?:[^\W\d]\w*|[+-]?[0-9]{1,19}))*")


def literal(token: Token) -> Literal | None:
    """The value that a token spells, or None where it spells none, or none that is well formed."""
    kind, text, at = token.kind, token.text, token.at
    if kind == "name":
        if word := _WORDS.get(token.word):
            return Literal(word, token.word, at)
        return Literal("double", text, at) if text in _EXTREMES else None
    if kind == "string":
        return Literal("string", unquote(text), at)
    if kind == "number":
        return Literal(_number(text), text, at)
    if kind == "suffixed":
        return Literal(_number(text[:-1]), text[:-1], at)
    if plain := _PLAIN.get(kind):
        return Literal(plain, text, at)
    if kind == "prefixed":
        return _prefixed(token)
    if kind == "enum":
        members = text[text.index("'") + 1 : -1]
        return Literal("enum", text, at) if ENUM.fullmatch(members) else None
    return None


def json_string(token: Token) -> Literal:
    return Literal("string", json.loads(token.text, strict=False), token.at)


def unquote(text: str) -> str:
    """Without the quotes around, and with the doubled quotes inside as one."""
    return text[1:-1].replace("''", "'")


def _number(text: str) -> LiteralKind:
    if text.isdecimal():
        return "integer"
    if "e" in text or "E" in text or text == "-INF":
        return "double"
    return "decimal" if "." in text else "integer"


def _prefixed(token: Token) -> Literal | None:
    prefix, _, quoted = token.text.partition("'")
    kind = cast("LiteralKind", prefix.lower())
    value = unquote(f"'{quoted}")
    match kind:
        case "duration":
            fits = DURATION.fullmatch(value) is not None
        case "binary":
            fits = BINARY.fullmatch(value) is not None
        case _:
            fits = geo.is_literal(value)
    return Literal(kind, value, token.at) if fits else None
