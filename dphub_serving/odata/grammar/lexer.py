"""Text -> tokens, one table for every expression, option and key of the URL grammar."""

import re
import unicodedata
from typing import NamedTuple, NoReturn

from dphub_serving.odata.errors import InvalidSyntax, NotImplementedByService, TooComplex, echo

MAX_LENGTH = 64_000
MAX_TOKENS = 20_000
MAX_NAME = 128
MAX_DIGITS = 18

_HEX = "[0-9A-Fa-f]"
_YEAR = r"-?(?:0[0-9]{3}|[1-9][0-9]{3,})"
_DATE = rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HOUR = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_CLOCK = rf"{_HOUR}(?::(?:[0-5][0-9]|60)(?:\.[0-9]{{1,12}})?)?"
_QUOTED = r"'[^']*(?:''[^']*)*'"
# Beyond ASCII the table is generous; `is_identifier` looks at the categories.
_NAME = r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*"
_END = r"(?!\w)"

# The order matters: what may be longer comes first, and of what may not, what is more frequent.
_TABLE: tuple[tuple[str, str], ...] = (
    ("guid", rf"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}{_END}"),
    # With a quoted text right behind it, it is the prefix of a literal.
    ("name", rf"{_NAME}(?:\.{_NAME})*(?:{_QUOTED})?"),
    ("mark", r"[(),/:=;*.\[\]{}]"),
    ("string", _QUOTED),
    # A plus that nobody encoded has become a blank before the offset (it is one in a query).
    ("datetime", rf"{_DATE}[Tt]{_CLOCK}(?:[Zz]|[ +-]{_HOUR}){_END}"),
    ("date", rf"{_DATE}{_END}"),
    ("time", rf"{_CLOCK}{_END}"),
    # Outside the grammar: numbers as version 2 had them, which some client libraries still write.
    ("suffixed", rf"[+-]?[0-9]+(?:\.[0-9]+)?[LlMmDdFf]{_END}"),
    ("number", rf"(?:[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|-INF){_END}"),
    ("minus", "-"),
    ("root", rf"\${_NAME}"),
    ("alias", rf"@{_NAME}(?:\.{_NAME})*(?:#{_NAME})?"),
    ("json", r'"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"'),
    ("end", r"\Z"),
    ("unreadable", r"[\s\S]"),
)
_TOKEN = re.compile("[ \t]*(?:" + "|".join(f"(?P<{kind}>{text})" for kind, text in _TABLE) + ")")
_KINDS = ("", *(kind for kind, _ in _TABLE))
_PREFIXES = frozenset({"duration", "binary", "geography", "geometry"})
# What other languages write; what is longer comes first.
_FOREIGN = {
    "==": "eq",
    "=": "eq",
    "!=": "ne",
    "<>": "ne",
    "<=": "le",
    ">=": "ge",
    "<": "lt",
    ">": "gt",
    "&&": "and",
    "||": "or",
    "!": "not",
    "+": "add",
    "%": "mod",
    '"': "texts as '…'",
    "like": "contains, startswith, endswith or matchesPattern",
    "is": "eq",
}
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"})
_OTHERS = _LETTERS | {"Nd", "Mn", "Mc", "Pc", "Cf"}


class Token(NamedTuple):
    """`spaced` tells whether a blank stands before it: word operators need one.

    `word` is for keywords and operators, which may be written in any case.
    """

    kind: str
    text: str
    at: int
    spaced: bool
    word: str


def is_identifier(text: str) -> bool:
    """CSDL 4.01, section 17.2."""
    if not text or len(text) > MAX_NAME:
        return False
    if text.isascii():
        return text.isidentifier()
    first, *rest = map(unicodedata.category, text)
    begins = first in _LETTERS or text[0] == "_"
    return begins and all(each in _OTHERS for each in rest)


def _are_identifiers(text: str) -> bool:
    if len(text) <= MAX_NAME and text.isascii():
        return True
    return all(map(is_identifier, text.removeprefix("@").replace("#", ".").split(".")))


class Stream:
    """The tokens of one text, read as they are asked for; it knows how to complain about them."""

    def __init__(self, text: str, target: str, start: int = 0) -> None:
        if len(text) > MAX_LENGTH:
            message = f"the text is longer than {MAX_LENGTH} characters"
            raise TooComplex(message, target=target, at=MAX_LENGTH)
        self.text = text
        self.target = target
        self._seen = 0
        self.go_to(start)

    def go_to(self, place: int) -> None:
        """Read on from there: a search has tokens of its own."""
        self._place = place
        self._next: Token | None = None
        self.current = self._scan()

    @property
    def peek(self) -> Token:
        if self._next is None:
            self._next = self._scan()
        return self._next

    def advance(self) -> Token:
        token = self.current
        self.current = self._next or self._scan()
        self._next = None
        return token

    def _scan(self) -> Token:
        match = _TOKEN.match(self.text, self._place)
        assert match is not None, "whatever it is, it is at least unreadable"
        number = match.lastindex or 0
        kind, text, at = _KINDS[number], match[number], match.start(number)
        spaced = at > self._place
        self._place = match.end()
        self._seen += 1
        if self._seen > MAX_TOKENS:
            message = f"there are more than {MAX_TOKENS} parts"
            raise TooComplex(message, target=self.target, at=at)
        if kind == "name":
            return self._named(text, at, spaced)
        if kind in {"mark", "minus"}:
            return Token("mark", text, at, spaced, text)
        if kind == "alias" and not _are_identifiers(text):
            kind = "unreadable"
        return Token(kind, text, at, spaced, "")

    def _named(self, text: str, at: int, spaced: bool) -> Token:
        if text[-1] == "'":
            name = text[: text.index("'")]
            if "." in name:
                return Token("enum", text, at, spaced, "")
            if name.lower() in _PREFIXES:
                return Token("prefixed", text, at, spaced, "")
            text, self._place = name, at + len(name)
        if _are_identifiers(text):
            return Token("name", text, at, spaced, text.lower())
        return Token("unreadable", text, at, spaced, "")

    # what may come

    def take(self, mark: str) -> bool:
        if self.current.word != mark:
            return False
        self.advance()
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            self.unexpected(repr(mark))

    def expect_end(self) -> None:
        if self.current.kind != "end":
            self.unexpected("the end")

    def identifier(self, what: str) -> Token:
        """A name without a namespace."""
        if self.current.kind != "name" or "." in self.current.text:
            self.unexpected(what)
        return self.advance()

    def digits(self) -> int:
        token = self.current
        if token.kind != "number" or not token.text.isdecimal() or len(token.text) > MAX_DIGITS:
            self.unexpected("a whole number")
        return int(self.advance().text)

    # what else has come

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.current
        if token.kind == "unreadable":
            raise self._unreadable(token)
        came = echo(token.text) if token.kind != "end" else "the end"
        raise self.wrong(f"expected {wanted}, found {came}{self._hint(token)}", token.at)

    def _unreadable(self, token: Token) -> InvalidSyntax:
        if token.text == "'":
            return self.wrong("the string that begins here has no end", token.at)
        shown = echo(self.text[token.at :])
        return self.wrong(f"cannot read {shown}{self._hint(token)}", token.at)

    def _hint(self, token: Token) -> str:
        if token.kind == "name":
            ours = _FOREIGN.get(token.word)
        else:
            rest = self.text[token.at : token.at + 2]
            ours = next((each for key, each in _FOREIGN.items() if rest.startswith(key)), None)
        return f"; OData writes {ours}" if ours else ""

    def wrong(self, message: str, at: int) -> InvalidSyntax:
        return InvalidSyntax(message, target=self.target, at=at)

    def missing(self, what: str, at: int) -> NotImplementedByService:
        return NotImplementedByService(what, target=self.target, at=at)
