"""Rollups and recursive hierarchies: Data Aggregation 4.0, sections 3.2.3.2 and 6."""

from abc import abstractmethod
from typing import cast

from dphub_serving.odata.ast import Name
from dphub_serving.odata.grammar.functions import ARITY
from dphub_serving.odata.grammar.lexer import Token
from dphub_serving.odata.grammar.lists import Lists
from dphub_serving.odata.transformations import (
    HIERARCHICAL,
    PRESERVING,
    Hierarchy,
    Kinship,
    Order,
    Related,
    Rollup,
    RollupRecursive,
    Sequence,
    Transformation,
    Traverse,
)

_PRESERVING_NAMES = frozenset(
    {
        *("filter", "search", "orderby", "skip", "top", "ancestors", "descendants", "traverse"),
        *("topcount", "topsum", "toppercent", "bottomcount", "bottomsum", "bottompercent"),
    }
)


class Hierarchies(Lists):
    @abstractmethod
    def sequence(self) -> Sequence:
        """In `apply`."""

    def rollup(self) -> Rollup:
        token = self.advance()
        self.expect("(")
        levels = [self.grouping_path()]
        while self.take(","):
            levels.append(self.grouping_path())
        if len(levels) == 1 and len(levels[0].segments) > 1:
            self.unexpected("','")
        self.expect(")")
        return Rollup(tuple(levels), token.at)

    def rollup_recursive(self) -> RollupRecursive:
        token = self.advance()
        self.expect("(")
        hierarchy = self.hierarchy()
        nodes = self.limited(HIERARCHICAL) if self.take(",") else ()
        self.expect(")")
        return RollupRecursive(hierarchy, nodes, token.at)

    def related(self, token: Token) -> Related:
        hierarchy = self.hierarchy()
        self.expect(",")
        start = self.limited(PRESERVING)
        others: Sequence = ()
        distance, keep = None, False
        more = self.take(",")
        if more and self.current.kind == "name" and self.current.text != "keep":
            others = self.limited(PRESERVING)
            more = self.take(",")
        if more and self.current.kind == "number":
            distance = self.digits()
            more = self.take(",")
        if more:
            self.keep_start()
            keep = True
        kind = cast("Kinship", token.text)
        return Related(kind, hierarchy, start, others, distance, keep, token.at)

    def keep_start(self) -> None:
        for word in ("keep", "start"):
            if self.current.text != word:
                self.unexpected("keep start")
            self.advance()

    def traverse(self, token: Token) -> Traverse:
        hierarchy = self.hierarchy()
        self.expect(",")
        order = self.current.text
        if order not in {"preorder", "postorder"}:
            self.unexpected("preorder or postorder")
        self.advance()
        more = self.take(",")
        start: Sequence = ()
        if more and self.begins_transformation():
            start = self.limited(PRESERVING)
            more = self.take(",")
        siblings = self.orderby() if more else ()
        return Traverse(hierarchy, cast("Order", order), start, siblings, token.at)

    def begins_transformation(self) -> bool:
        """An expression otherwise."""
        token, after = self.current, self.peek
        if token.kind != "name" or token.word in ARITY:
            return False
        named = token.text in _PRESERVING_NAMES or "." in token.text
        return token.text == "identity" or (named and after.text == "(" and not after.spaced)

    def hierarchy(self) -> Hierarchy:
        nodes = self.path()
        if nodes.segments[0] != Name("$root", nodes.at):
            raise self.wrong("expected a path from $root", nodes.at)
        self.expect(",")
        qualifier = self.identifier("the qualifier of a hierarchy").text
        self.expect(",")
        return Hierarchy(nodes, qualifier, self.grouping_path())

    def limited(self, allowed: tuple[type[Transformation], ...]) -> Sequence:
        found = self.sequence()
        for each in found:
            if not isinstance(each, allowed):
                raise self.wrong("this transformation has no place here", each.at)
        return found
