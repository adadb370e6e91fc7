"""Paths of expressions: names, keys, calls, casts, annotations, `$count`, any and all."""

from dphub_serving.odata.ast import (
    Aggregated,
    Alias,
    Annotation,
    Argument,
    Arguments,
    Count,
    Expr,
    Filtered,
    Lambda,
    Literal,
    Name,
    Path,
    Segment,
)
from dphub_serving.odata.grammar import literals
from dphub_serving.odata.grammar.lexer import Token
from dphub_serving.odata.grammar.reader import Reader
from dphub_serving.odata.searches import Search

ROOTS = frozenset({"$it", "$this", "$these", "$root"})
_COUNT_OPTIONS = frozenset({"filter", "search"})
_NO_KEYS = frozenset({"null", "binary", "geography", "geometry"})
_QUANTIFIERS = {"any": "any", "all": "all"}
# Behind these a path has come to its end.
_LAST = (Count, Lambda, Aggregated)


class Paths(Reader):
    def path(self) -> Path:
        """From a name, `$it` or an annotation on."""
        token = self.current
        if token.kind == "root":
            return self.rest([self.root()])
        if token.kind == "alias":
            self.advance()
            return self.rest([annotation_or_alias(token)])
        return self.rest(self.named())

    def root(self) -> Name:
        token = self.current
        if token.text not in ROOTS:
            self.unexpected("an expression")
        self.advance()
        if token.text in {"$root", "$these"} and self.current.text != "/":
            self.unexpected("'/'")
        return Name(token.text, token.at)

    def rest(self, segments: list[Segment]) -> Path:
        while self.current.text == "/" and self.current.kind == "mark":
            if isinstance(segments[-1], _LAST):
                self.unexpected("the end of the path")
            slash = self.advance()
            if slash.spaced or self.current.spaced:
                at = slash.at if slash.spaced else self.current.at
                raise self.wrong("a path has no blanks", at)
            self.deeper()
            segments += self.segment()
            self.depth -= 1
        return Path(tuple(segments))

    def segment(self) -> list[Segment]:
        token = self.current
        if token.kind == "alias":
            self.advance()
            return [annotation(token)]
        if token.kind == "root":
            return self.dollars()
        if token.kind != "name":
            self.unexpected("a name")
        if self.peek.text == "(" and not self.peek.spaced:
            if token.word in _QUANTIFIERS:
                return [self.quantified()]
            if token.text == "aggregate":
                return [self.aggregated()]
        return self.named()

    def named(self) -> list[Segment]:
        token = self.advance()
        return [Name(token.text, token.at), *self.more_arguments()]

    # arguments and keys

    def more_arguments(self) -> list[Segment]:
        """A call may be followed by a key."""
        found: list[Segment] = []
        while self.opens():
            found.append(self.arguments_behind(self.advance()))
        return found

    def arguments_behind(self, start: Token) -> Arguments:
        if self.take(")"):
            return Arguments((), start.at)
        self.deeper()
        values = [self.argument()]
        while self.take(","):
            values.append(self.argument())
        self.depth -= 1
        self.expect(")")
        return self.checked(values, start.at)

    def checked(self, values: list[Argument], at: int) -> Arguments:
        """One value without a name is the key; parts of a key and parameters have names."""
        unnamed = next((each for each in values if each.name is None), None)
        if unnamed and len(values) > 1:
            raise self.wrong("every part of a compound key needs a name", at)
        return Arguments(tuple(values), at)

    def argument(self) -> Argument:
        if self.current.kind == "name" and self.peek.text == "=":
            name = self.identifier("a name")
            self.equals()
            return Argument(name.text, self.key_value() or self.expression())
        if (value := self.key_value()) is None:
            self.unexpected("a key value")
        return Argument(None, self.checked_key(value))

    def checked_key(self, value: Expr) -> Expr:
        if isinstance(value, Literal) and value.kind in _NO_KEYS:
            raise self.wrong(f"no key is of the kind {value.kind}", value.at)
        return value

    def key_value(self) -> Expr | None:
        """A literal or an alias with nothing behind it."""
        token = self.current
        if self.peek.text not in {",", ")", ""}:
            return None
        if token.kind == "alias":
            self.advance()
            return self.alias(token)
        if (found := literals.literal(token)) is not None:
            self.advance()
        return found

    def alias(self, token: Token) -> Alias:
        found = annotation_or_alias(token)
        if not isinstance(found, Alias):
            raise self.wrong("a parameter alias has neither namespace nor qualifier", token.at)
        return found

    # segments with expressions inside

    def dollars(self) -> list[Segment]:
        """What is filtered may be followed by a key."""
        found = self.dollar()
        return [found, *self.more_arguments()] if isinstance(found, Filtered) else [found]

    def dollar(self) -> Segment:
        token = self.current
        if token.text == "$filter":
            self.advance()
            if not self.opens():
                self.unexpected("'('")
            self.advance()
            condition = self.expression()
            self.expect(")")
            return Filtered(condition, token.at)
        if token.text != "$count":
            self.unexpected("a name")
        self.advance()
        return self.count(token)

    def count(self, token: Token) -> Count:
        condition: Expr | None = None
        search: Search | None = None
        if not self.opens():
            return Count(None, None, token.at)
        allowed = set(_COUNT_OPTIONS)
        while self.take(";" if len(allowed) < len(_COUNT_OPTIONS) else "("):
            name = self.option_name(frozenset(allowed))
            allowed.remove(name)
            if name == "filter":
                condition = self.unspaced_expression()
            else:
                search = self.nested_search(self.current.at)
        self.expect(")")
        return Count(condition, search, token.at)

    def unspaced_expression(self) -> Expr:
        if self.blank_before_value():
            self.unexpected("an expression without a blank before it")
        return self.expression()

    def quantified(self) -> Lambda:
        token = self.advance()
        self.advance()
        quantifier = _QUANTIFIERS[token.word]
        if quantifier == "any" and self.take(")"):
            return Lambda("any", None, None, token.at)
        variable = self.identifier("a lambda variable").text
        self.expect(":")
        predicate = self.expression()
        self.expect(")")
        if quantifier == "any":
            return Lambda("any", variable, predicate, token.at)
        return Lambda("all", variable, predicate, token.at)

    def aggregated(self) -> Aggregated:
        token = self.advance()
        self.advance()
        item = self.aggregate()
        if item.alias is not None:
            raise self.wrong("aggregate as a function gives no alias", item.at)
        self.expect(")")
        return Aggregated(item, token.at)


def annotation(token: Token) -> Annotation:
    term, _, qualifier = token.text[1:].partition("#")
    return Annotation(term, qualifier or None, token.at)


def annotation_or_alias(token: Token) -> Annotation | Alias:
    if "." in token.text or "#" in token.text:
        return annotation(token)
    return Alias(token.text[1:], token.at)
