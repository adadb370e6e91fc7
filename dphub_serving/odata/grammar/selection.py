"""`$select`, `$expand`, and the options in their parentheses."""

from typing import Any

from dphub_serving.odata.ast import Annotation, Name, Path, Segment, Star
from dphub_serving.odata.clauses import (
    ExpandItem,
    Nested,
    SelectAll,
    SelectItem,
    SelectOperations,
    SelectPath,
)
from dphub_serving.odata.errors import InvalidSyntax, echo
from dphub_serving.odata.grammar.apply import Apply
from dphub_serving.odata.grammar.paths import annotation

OF_COUNT = frozenset({"filter", "search"})
OF_COLLECTION = OF_COUNT | {"orderby", "skip", "top", "count"}
OF_SELECT = OF_COLLECTION | {"select", "compute"}
OF_EXPAND = OF_SELECT | {"expand", "levels", "apply"}
OF_STAR = frozenset({"levels"})


class Parser(Apply):
    """Everything there is to read."""

    # $select

    def select(self) -> tuple[SelectItem, ...]:
        self.deeper()
        items = [self.select_item()]
        while self.take(","):
            items.append(self.select_item())
        self.depth -= 1
        return tuple(items)

    def select_item(self) -> SelectItem:
        start = self.current
        if self.take("*"):
            return SelectAll(start.at)
        if start.kind == "name" and self.peek.text == ".":
            self.advance()
            self.advance()
            if self.current.spaced:
                self.unexpected("'*'")
            self.expect("*")
            return SelectOperations(start.text, start.at)
        path = self.property_path("a property")
        if not self.opens():
            return SelectPath(path)
        self.advance()
        if self.peek.text not in {",", ")"}:
            return SelectPath(path, self.options(OF_SELECT))
        return SelectPath(path, parameters=self.parameters())

    def parameters(self) -> tuple[str, ...]:
        """Of an overload of a function."""
        found = [self.identifier("a parameter").text]
        while self.take(","):
            found.append(self.identifier("a parameter").text)
        self.expect(")")
        return tuple(found)

    def property_path(self, wanted: str) -> Path:
        """Names and annotations; a star, `$ref` or `$count` behind them is left."""
        segments: list[Segment] = [self.property_segment(wanted)]
        while self.current.text == "/" and not self.current.spaced:
            if self.peek.kind not in {"name", "alias"} or self.peek.spaced:
                break
            self.advance()
            segments.append(self.property_segment(wanted))
        return Path(tuple(segments))

    def property_segment(self, wanted: str) -> Name | Annotation:
        token = self.current
        if token.kind == "alias":
            self.advance()
            return annotation(token)
        if token.kind != "name":
            self.unexpected(wanted)
        self.advance()
        return Name(token.text, token.at)

    # $expand

    def expand(self) -> tuple[ExpandItem, ...]:
        self.deeper()
        items = [self.expand_item()]
        while self.take(","):
            items.append(self.expand_item())
        self.depth -= 1
        return tuple(items)

    def expand_item(self) -> ExpandItem:
        start = self.current
        if start.text.lower() == "$value":
            self.advance()
            return ExpandItem(Path((Name("$value", start.at),)))
        if self.take("*"):
            return self.starred(Path((Star(start.at),)))
        path = self.property_path("a navigation property")
        if self.current.text == "/" and not self.current.spaced:
            self.advance()
            last = self.current
            if self.take("*"):
                return self.starred(Path((*path.segments, Star(last.at))))
            return self.linked(path)
        return ExpandItem(path, options=self.options_here(OF_EXPAND))

    def starred(self, path: Path) -> ExpandItem:
        if self.current.text == "/" and self.peek.text == "$ref":
            self.advance()
            self.advance()
            return ExpandItem(path, "ref")
        return ExpandItem(path, options=self.options_here(OF_STAR))

    def linked(self, path: Path) -> ExpandItem:
        match self.current.text:
            case "$ref":
                self.advance()
                return ExpandItem(path, "ref", self.options_here(OF_COLLECTION))
            case "$count":
                self.advance()
                return ExpandItem(path, "count", self.options_here(OF_COUNT))
            case _:
                return self.unexpected("a name, '*', $ref or $count")

    # what is nested in them

    def options_here(self, allowed: frozenset[str]) -> Nested | None:
        if not self.opens():
            return None
        self.advance()
        return self.options(allowed)

    def options(self, allowed: frozenset[str]) -> Nested:
        """Behind the parenthesis."""
        found: dict[str, Any] = {}
        aliases: dict[str, Any] = {}
        texts: list[tuple[str, str]] = []
        while True:
            if self.current.kind == "alias":
                self.assignment(allowed, aliases)
            else:
                at = self.current.at
                name = self.option_name(allowed)
                if name in found:
                    raise self.wrong(f"${name} is given more than once", at)
                begin = self.current.at
                found[name] = self.option_value(name)
                texts.append((name, self.text[begin : self.current.at].strip()))
            if not self.take(";"):
                break
        self.expect(")")
        return Nested(**found, aliases=tuple(aliases.items()), texts=tuple(texts))

    def assignment(self, allowed: frozenset[str], aliases: dict[str, Any]) -> None:
        token = self.current
        if "select" not in allowed:
            self.unexpected(" or ".join(f"${each}" for each in sorted(allowed)))
        self.advance()
        name = self.alias(token).name
        if name in aliases:
            raise self.wrong(f"{echo(token.text)} is given more than once", token.at)
        self.equals()
        aliases[name] = self.unspaced_expression()

    def option_value(self, name: str) -> Any:
        """As `Nested` has it: the names are those of its fields."""
        if name == "search":
            return self.nested_search(self.current.at)
        if self.blank_before_value():
            raise self.no_value(name)
        match name:
            case "filter":
                return self.expression()
            case "apply":
                return self.sequence()
            case "count":
                return self.boolean()
            case "levels" if self.current.text.lower() == "max":
                self.advance()
                return "max"
            case "levels":
                return self.levels()
            case "top" | "skip":
                return self.digits()
            case _:
                return getattr(self, name)()

    def boolean(self) -> bool:
        if self.current.word not in {"true", "false"}:
            self.unexpected("true or false")
        return self.advance().word == "true"

    def levels(self) -> int:
        at = self.current.at
        found = self.digits()
        if found == 0 or self.text[at] == "0":
            raise self.wrong("levels begin with 1", at)
        return found

    def no_value(self, name: str) -> InvalidSyntax:
        return self.wrong(f"${name} has a blank before its value", self.current.at)
