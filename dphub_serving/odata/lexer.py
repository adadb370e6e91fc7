"""Text -> tokens, one table for every expression, option and key of the URL grammar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dphub_serving.odata.errors import InvalidSyntax, NotImplementedByService, TooComplex, echo

MAX_LENGTH = 64_000
MAX_TOKENS = 20_000

_HEX = "[0-9A-Fa-f]"
_YEAR = r"-?(?:0[0-9]{3}|[1-9][0-9]{3,6})"
_DATE = rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?"
_QUOTED = r"'(?:[^']|'')*'"
_NAME = r"[^\W\d]\w*"
_GEO = "geography|geometry"

# The order matters: what begins with a prefix before names, the longer form before the shorter one.
_TABLE: tuple[tuple[str, str], ...] = (
    ("blank", r"[ \t]+"),
    ("duration", rf"(?i:duration){_QUOTED}"),
    ("binary", rf"(?i:binary){_QUOTED}"),
    ("geo", rf"(?i:{_GEO}){_QUOTED}"),
    ("enum", rf"{_NAME}(?:\.{_NAME})+{_QUOTED}"),
    ("string", _QUOTED),
    ("guid", rf"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?!\w)"),
    # A plus that nobody encoded has become a blank before the offset (it is one in a query).
    ("datetime", rf"{_DATE}[Tt]{_CLOCK}(?:[Zz]|[ +-][0-9]{{2}}:[0-9]{{2}})(?!\w)"),
    ("date", rf"{_DATE}(?!\w)"),
    ("time", rf"{_CLOCK}(?!\w)"),
    ("double", r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+(?!\w)|-?INF(?!\w)|NaN(?!\w)"),
    ("decimal", r"[+-]?[0-9]+\.[0-9]+(?!\w)"),
    ("integer", r"[+-]?[0-9]+(?!\w)"),
    # Outside the grammar: Int64 keys as some client libraries write them. Only keys accept it.
    ("suffixed", r"[+-]?[0-9]+(?:\.[0-9]+)?[LlMmDdFf](?!\w)"),
    ("root", rf"\${_NAME}"),
    ("alias", rf"@{_NAME}(?:\.{_NAME})*(?:#{_NAME})?"),
    ("name", rf"{_NAME}(?:\.{_NAME})*"),
    ("mark", r"[-(),/:=;*.\[\]{}#\"]"),
)
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _TABLE))


@dataclass(frozen=True, slots=True)
class Token:
    """`spaced` tells whether a blank stands before it: word operators need one."""

    kind: str
    text: str
    at: int
    spaced: bool = False

    @property
    def word(self) -> str:
        """Keywords and operators, which may be written in any case."""
        return self.text.lower() if self.kind in {"name", "mark"} else ""


def tokens(text: str, target: str, start: int = 0) -> list[Token]:
    """Every token of `text` from `start` on, and an `end`.

    Raises InvalidSyntax where no token begins.
    """
    if len(text) > MAX_LENGTH:
        raise TooComplex(
            f"the text is longer than {MAX_LENGTH} characters", target=target, at=MAX_LENGTH
        )
    found = list(_scan(text, target, start))
    if len(found) > MAX_TOKENS:
        raise TooComplex(
            f"there are more than {MAX_TOKENS} parts", target=target, at=found[MAX_TOKENS].at
        )
    return found


def _scan(text: str, target: str, at: int) -> Iterator[Token]:
    spaced = False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at, target)
        kind = str(match.lastgroup)
        if kind != "blank":
            yield Token(kind, match[0], at, spaced)
        spaced = kind == "blank"
        at = match.end()
    yield Token("end", "", at, spaced)


def _unreadable(text: str, at: int, target: str) -> InvalidSyntax:
    if text[at] == "'":
        return InvalidSyntax("the string that begins here has no end", target=target, at=at)
    return InvalidSyntax(f"cannot read {echo(text[at:])}", target=target, at=at)


class Stream:
    """The tokens of one text, taken from left to right; it knows how to complain about them."""

    def __init__(self, text: str, target: str, start: int = 0) -> None:
        self.target = target
        self.tokens = tokens(text, target, start)
        self.position = 0

    @property
    def current(self) -> Token:
        return self.tokens[self.position]

    @property
    def peek(self) -> Token:
        return self.tokens[min(self.position + 1, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.current
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def take(self, mark: str) -> bool:
        if self.current.word != mark:
            return False
        self.advance()
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self.unexpected(repr(mark))

    def expect_end(self) -> None:
        if self.current.kind != "end":
            raise self.unexpected("the end")

    def unexpected(self, wanted: str) -> InvalidSyntax:
        token = self.current
        came = echo(token.text) if token.kind != "end" else "the end"
        return InvalidSyntax(f"expected {wanted}, found {came}", target=self.target, at=token.at)

    def missing(self, what: str, token: Token) -> NotImplementedByService:
        return NotImplementedByService(what, target=self.target, at=token.at)
