"""`$search`: its words have characters of their own, and its operators are upper case.

OData URL Conventions 4.01, section 5.1.8: a NOT, AND or OR is a word where an operator cannot be.
"""

import re
from typing import NamedTuple, NoReturn

from dphub_serving.odata.errors import InvalidSyntax, TooComplex, echo
from dphub_serving.odata.grammar.lexer import MAX_LENGTH, MAX_TOKENS
from dphub_serving.odata.searches import Combined, Excluded, Incomplete, Search, Term

# Inside parentheses of other options, `;` begins the next one.
_NEXT_OPTION = r";(?=[ \t]*(?:\$?[A-Za-z]+|@\w[\w.]*)=)"
_TOKEN = re.compile(
    r"\s*(?:(?P<phrase>\"[^\"]+\")|(?P<mark>[()])"
    rf"|(?P<next>{_NEXT_OPTION})|(?P<word>(?:(?!{_NEXT_OPTION})[^\s()\"])+)"
    r"|(?P<end>\Z)|(?P<unreadable>[\s\S]))"
)
_INCOMPLETE = re.compile(rf"\s*'([^']*(?:''[^']*)*)'(?=\s*(?:\Z|\)|{_NEXT_OPTION}))")


class _Token(NamedTuple):
    kind: str
    text: str
    at: int
    spaced: bool


def read(
    text: str, start: int, target: str, *, depth: int, most: int, nested: bool
) -> tuple[Search, int]:
    """The search from `start` on, and the place behind it.

    A nested one ends where its parentheses end, or the next option begins.
    """
    reader = _Reader(text, start, target, most, nested)
    found = reader.whole(start, depth)
    return found, reader.current.at


class _Reader:
    def __init__(self, text: str, start: int, target: str, most: int, nested: bool) -> None:
        if len(text) > MAX_LENGTH:
            message = f"the text is longer than {MAX_LENGTH} characters"
            raise TooComplex(message, target=target, at=MAX_LENGTH)
        self.text, self.target, self.most, self.nested = text, target, most, nested
        self.seen = 0
        self.go_to(start)

    def go_to(self, place: int) -> None:
        self.place = place
        self.current = self.scan()
        self.peek = self.scan()

    def scan(self) -> _Token:
        match = _TOKEN.match(self.text, self.place)
        assert match is not None, "whatever it is, it is at least unreadable"
        kind = str(match.lastgroup)
        token = _Token(kind, match[kind], match.start(kind), match.start(kind) > self.place)
        self.place, self.seen = match.end(), self.seen + 1
        if self.seen > MAX_TOKENS:
            message = f"there are more than {MAX_TOKENS} parts"
            raise TooComplex(message, target=self.target, at=token.at)
        return token

    def advance(self) -> _Token:
        token, self.current = self.current, self.peek
        self.peek = self.scan()
        return token

    def whole(self, start: int, depth: int) -> Search:
        if match := _INCOMPLETE.match(self.text, start):
            self.go_to(match.end())
            found: Search = Incomplete(match[1].replace("''", "'"), match.start(1) - 1)
        else:
            found = self.alternatives(depth)
        if not (self.ends(self.current) if self.nested else self.current.kind == "end"):
            self.unexpected("the end")
        return found

    def alternatives(self, depth: int) -> Search:
        if depth > self.most:
            message = f"nested more than {self.most} levels deep"
            raise TooComplex(message, target=self.target, at=self.current.at)
        at = self.current.at
        found = [self.conjunction(depth)]
        while self.is_operator("OR"):
            if not self.current.spaced:
                self.unexpected("a blank")
            self.advance()
            found.append(self.conjunction(depth))
        return found[0] if len(found) == 1 else Combined("OR", tuple(found), at)

    def conjunction(self, depth: int) -> Search:
        at = self.current.at
        found = [self.operand(depth)]
        while not self.ends(self.current) and not self.is_operator("OR"):
            if not self.current.spaced:
                self.unexpected("a blank")
            if self.is_operator("AND"):
                self.advance()
            found.append(self.operand(depth))
        return found[0] if len(found) == 1 else Combined("AND", tuple(found), at)

    def operand(self, depth: int) -> Search:
        token = self.current
        if token.kind == "phrase":
            return Term(self.advance().text[1:-1], True, token.at)
        if token.text == "(":
            self.advance()
            found = self.alternatives(depth + 1)
            if self.current.text != ")":
                self.unexpected("')'")
            self.advance()
            return found
        if self.is_operator("NOT"):
            return self.excluded(depth)
        if token.kind == "word":
            return Term(self.advance().text, False, token.at)
        return self.unexpected("a word")

    def excluded(self, depth: int) -> Search:
        """However many NOTs: two of them cancel each other out only for bind."""
        places = []
        while self.is_operator("NOT"):
            places.append(self.advance().at)
        if depth + len(places) > self.most:
            message = f"nested more than {self.most} levels deep"
            raise TooComplex(message, target=self.target, at=places[-1])
        found = self.operand(depth)
        for at in reversed(places):
            found = Excluded(found, at)
        return found

    def is_operator(self, word: str) -> bool:
        """It is a word where nothing follows that it could work on."""
        token, after = self.current, self.peek
        if token.kind != "word" or token.text != word:
            return False
        return after.spaced and not self.ends(after)

    def ends(self, token: _Token) -> bool:
        return token.kind == "end" or token.text == ")" or (self.nested and token.kind == "next")

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.current
        came = echo(self.text[token.at :]) if token.kind != "end" else "the end"
        message = f"expected {wanted}, found {came}"
        raise InvalidSyntax(message, target=self.target, at=token.at)
