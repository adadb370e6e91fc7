"""What `aggregate(…)` computes: Data Aggregation 4.0, section 3.2.1. Its words are lower case."""

from dphub_serving.odata.ast import Aggregate, Count, Expr, From, Name, Path
from dphub_serving.odata.grammar.expressions import Expressions

METHODS = frozenset({"sum", "min", "max", "average", "countdistinct"})


class Aggregates(Expressions):
    def aggregate(self) -> Aggregate:
        start = self.current
        value = self.counted() or self.expression()
        method = None if is_count(value) else self.method()
        if method is None and not is_count(value) and not is_custom(value):
            self.unexpected("'with' and a method")
        sources = self.sources(value, method)
        alias = self.alias_of() if self.is_keyword("as") else None
        return Aggregate(value, method, tuple(sources), alias, start.at)

    def counted(self) -> Path | None:
        """`$count` of the input set has nothing before it."""
        token = self.current
        if token.text != "$count":
            return None
        self.advance()
        return Path((Count(None, None, token.at),))

    def method(self) -> str | None:
        if not self.is_keyword("with"):
            return None
        self.advance()
        token = self.current
        if token.kind != "name" or not (token.text in METHODS or "." in token.text):
            self.unexpected("an aggregation method")
        return self.advance().text

    def sources(self, value: Expr, method: str | None) -> list[From]:
        found: list[From] = []
        while self.is_keyword("from"):
            self.advance()
            groups = [self.grouping_path()]
            while self.take(","):
                groups.append(self.grouping_path())
            by = self.method()
            if by is None and (method is not None or is_count(value)):
                self.unexpected("'with' and a method")
            found.append(From(tuple(groups), by))
        return found

    def alias_of(self) -> str:
        self.keyword("as")
        return self.identifier("an alias").text

    def grouping_path(self) -> Path:
        """Names alone, and the last of them is a property."""
        if self.current.kind != "name":
            self.unexpected("a property")
        found = self.names_only(self.path())
        last = found.segments[-1]
        if isinstance(last, Name) and "." in last.text:
            raise self.wrong("a path cannot end with a type", last.at + len(last.text))
        return found

    def names_only(self, path: Path) -> Path:
        for each in path.segments:
            if not isinstance(each, Name):
                raise self.wrong("a path of names is expected here", each.at)
        return path

    def is_keyword(self, word: str) -> bool:
        return self.current.kind == "name" and self.current.text == word and self.current.spaced

    def keyword(self, word: str) -> None:
        if not self.is_keyword(word):
            self.unexpected(repr(word))
        self.advance()


def is_count(value: Expr) -> bool:
    return isinstance(value, Path) and isinstance(value.segments[-1], Count)


def is_custom(value: Expr) -> bool:
    """A custom aggregate is called by its name, which is no type."""
    names = value.names if isinstance(value, Path) else None
    return names is not None and "." not in names[-1]
