"""Tokens that are values -> Literal: quotes, prefixes and suffixes taken off, nothing converted."""

from dphub_serving.odata.ast import Literal, LiteralKind
from dphub_serving.odata.lexer import Token

_PLAIN: dict[str, LiteralKind] = {
    "integer": "integer",
    "decimal": "decimal",
    "double": "double",
    "guid": "guid",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
}
_PREFIXED: dict[str, LiteralKind] = {"duration": "duration", "binary": "binary", "geo": "geo"}
_WORDS: dict[str, LiteralKind] = {"true": "boolean", "false": "boolean", "null": "null"}


def literal(token: Token, *, in_key: bool = False) -> Literal | None:
    """The value that a token spells, or None. Only keys may carry a numeric suffix."""
    if kind := _PLAIN.get(token.kind):
        return Literal(kind, token.text, token.at)
    if token.kind == "string":
        return Literal("string", unquote(token.text), token.at)
    if kind := _PREFIXED.get(token.kind):
        return Literal(kind, unquote(token.text[token.text.index("'") :]), token.at)
    if token.kind == "enum":
        return Literal("enum", token.text, token.at)
    if kind := _WORDS.get(token.word):
        return Literal(kind, token.word, token.at)
    if token.kind == "suffixed" and in_key:
        digits = token.text[:-1]
        return Literal("decimal" if "." in digits else "integer", digits, token.at)
    return None


def unquote(text: str) -> str:
    """Without the quotes around, and with the doubled quotes inside as one."""
    return text[1:-1].replace("''", "'")
