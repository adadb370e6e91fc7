"""`$apply`: Data Aggregation 4.0, section 3. The names of transformations are lower case."""

from collections.abc import Callable, Mapping
from typing import cast, get_args

from dphub_serving.odata.ast import Aggregate, Name, Path
from dphub_serving.odata.errors import echo
from dphub_serving.odata.grammar.aggregates import is_custom
from dphub_serving.odata.grammar.hierarchies import Hierarchies
from dphub_serving.odata.grammar.lexer import Token
from dphub_serving.odata.grammar.paths import annotation
from dphub_serving.odata.transformations import (
    Aggregation,
    Best,
    Compute,
    Concat,
    Custom,
    Extreme,
    FilterBy,
    Group,
    GroupBy,
    Identity,
    Join,
    Limit,
    Nest,
    OrderBy,
    SearchFor,
    Sequence,
    Transformation,
)


class Apply(Hierarchies):
    def sequence(self) -> Sequence:
        self.deeper()
        found = [self.transformation()]
        while self.current.text == "/" and not self.current.spaced:
            self.advance()
            found.append(self.transformation())
        self.depth -= 1
        return tuple(found)

    def transformation(self) -> Transformation:
        token = self.current
        if token.kind != "name" or (token.spaced and self.depth == 1):
            self.unexpected("a transformation")
        self.advance()
        if token.text == "identity":
            return Identity(token.at)
        if not self.opens():
            self.unexpected("'('")
        start = self.advance()
        if "." in token.text:
            return Custom(token.text, self.arguments_behind(start), token.at)
        if (read := _READERS.get(token.text)) is None:
            raise self.wrong(f"there is no transformation {echo(token.text)}", token.at)
        found = read(self, token)
        self.expect(")")
        return found

    # each of them, from behind its parenthesis to the one at its end

    def aggregation(self, token: Token) -> Aggregation:
        items = [self.named_aggregate()]
        while self.take(","):
            items.append(self.named_aggregate())
        return Aggregation(tuple(items), token.at)

    def named_aggregate(self) -> Aggregate:
        found = self.aggregate()
        alone = found.method is None and not found.sources and is_custom(found.value)
        if found.alias is None and not alone:
            self.unexpected("'as'")
        return found

    def groupby(self, token: Token) -> GroupBy:
        self.expect("(")
        groups: list[Group] = [self.group()]
        while self.take(","):
            groups.append(self.group())
        self.expect(")")
        then = self.sequence() if self.take(",") else ()
        return GroupBy(tuple(groups), then, token.at)

    def group(self) -> Group:
        after = self.peek
        opens = after.text == "(" and not after.spaced
        if opens and self.current.text == "rollup":
            return self.rollup()
        if opens and self.current.text == "rolluprecursive":
            return self.rollup_recursive()
        return self.grouping_path()

    def filter(self, token: Token) -> FilterBy:
        return FilterBy(self.expression(), token.at)

    def search_for(self, token: Token) -> SearchFor:
        return SearchFor(self.nested_search(token.at + len("search(")), token.at)

    def order_by(self, token: Token) -> OrderBy:
        return OrderBy(self.orderby(), token.at)

    def computed(self, token: Token) -> Compute:
        return Compute(self.compute(), token.at)

    def limit(self, token: Token) -> Limit:
        return Limit("top" if token.text == "top" else "skip", self.digits(), token.at)

    def best(self, token: Token) -> Best:
        amount = self.expression()
        self.expect(",")
        return Best(cast("Extreme", token.text), amount, self.expression(), token.at)

    def concat(self, token: Token) -> Concat:
        branches = [self.sequence()]
        self.expect(",")
        branches.append(self.sequence())
        while self.take(","):
            branches.append(self.sequence())
        return Concat(tuple(branches), token.at)

    def nest(self, token: Token) -> Nest:
        path = None
        if token.text == "addnested":
            path = self.names_only(self.collection())
            self.expect(",")
        items = [(self.sequence(), self.alias_of())]
        while self.take(","):
            items.append((self.sequence(), self.alias_of()))
        return Nest(path, tuple(items), token.at)

    def join(self, token: Token) -> Join:
        path = self.joined_path()
        alias = self.alias_of()
        then = self.sequence() if self.take(",") else ()
        return Join(token.text == "outerjoin", path, alias, then, token.at)

    def collection(self) -> Path:
        """What would be a parameter alias elsewhere is an annotation here."""
        token = self.current
        if token.kind == "name":
            return self.path()
        if token.kind != "alias":
            self.unexpected("a collection")
        self.advance()
        return self.rest([annotation(token)])

    def joined_path(self) -> Path:
        """One collection, and perhaps a type behind it."""
        found = self.collection()
        _, *others = found.segments
        if len(others) > 1:
            raise self.wrong("expected one collection", found.at)
        for each in others:
            if not isinstance(each, Name):
                raise self.wrong("expected a type", each.at)
        return found


_READERS: Mapping[str, Callable[[Apply, Token], Transformation]] = {
    "aggregate": Apply.aggregation,
    "groupby": Apply.groupby,
    "filter": Apply.filter,
    "search": Apply.search_for,
    "orderby": Apply.order_by,
    "compute": Apply.computed,
    "skip": Apply.limit,
    "top": Apply.limit,
    **dict.fromkeys(get_args(Extreme), Apply.best),
    "concat": Apply.concat,
    "nest": Apply.nest,
    "addnested": Apply.nest,
    "join": Apply.join,
    "outerjoin": Apply.join,
    "ancestors": Apply.related,
    "descendants": Apply.related,
    "traverse": Apply.traverse,
}
