"""Literals and parameter aliases: what they are, and what they become beside another type."""

from collections.abc import Iterable
from decimal import Decimal

from dphub_serving.odata import ast, bound, numbers, operators, values
from dphub_serving.odata.binding.base import Base
from dphub_serving.odata.bound import NULL, STRING, Array, Constant, Expression, Record, Type
from dphub_serving.odata.errors import echo, quoting
from dphub_serving.odata.numbers import is_number

_LITERALS = {
    "boolean": bound.BOOLEAN,
    "string": STRING,
    "guid": Type("Edm.Guid"),
    "date": bound.DATE,
    "datetime": bound.MOMENT,
    "time": bound.TIME,
    "duration": bound.DURATION,
    "binary": Type("Edm.Binary"),
}


class Leaves(Base):
    def literal(self, tree: ast.Literal) -> Constant:
        match tree.kind:
            case "null":
                return Constant(None, NULL)
            case "integer" | "decimal" | "double":
                found = self.number(tree)
                inexact = tree.kind == "double"
                return Constant(found, bound.DOUBLE if inexact else numbers.of_literal(found))
            case "geography" | "geometry" | "enum":
                raise self.missing(f"the literal {echo(tree.text)}", tree.at)
            case kind:
                return self.read(tree, _LITERALS[kind])

    def number(self, tree: ast.Literal) -> Decimal | float:
        try:
            return values.number(tree.text)
        except values.Unfit as problem:
            raise self.error(str(problem), tree.at) from problem

    def read(self, tree: ast.Literal, kind: Type) -> Constant:
        try:
            return Constant(values.from_literal(tree, kind.edm), kind)
        except values.Unfit as problem:
            raise self.error(str(problem), tree.at) from problem

    def array(self, tree: ast.Array) -> Array:
        return self.array_of(tree, [self.bind(each) for each in tree.members])

    def array_of(self, tree: ast.Array, members: list[Expression]) -> Array:
        item = operators.unified(each.type for each in members)
        if item is None:
            raise self.error("the members of an array are of one type", tree.at)
        self.check_values([item], tree.at)
        return Array(tuple(members), numbers.collection(item))

    def object(self, tree: ast.Object) -> Record:
        members = tuple((name, self.bind(each)) for name, each in tree.members)
        if not members:
            raise self.error("an object has a property", tree.at)
        self.check_values([each.type for _, each in members], tree.at)
        if len({name for name, _ in members}) < len(members):
            raise self.error("a name stands in an object once", tree.at)
        return Record(members, numbers.complex_type((name, each.type) for name, each in members))

    def check_values(self, kinds: Iterable[Type], at: int) -> None:
        if any((each.item or each).entity_set for each in kinds):
            raise self.missing("an entity in an array or object", at)

    # parameter aliases

    def alias(self, tree: ast.Alias) -> Expression:
        """OData URL Conventions 4.01, section 5.3: an alias that nobody gives is null."""
        if tree.name in self.scope.reading:
            raise self.error(f"{echo('@' + tree.name)} is made of itself", tree.at)
        if assigned := self.scope.assigned.get(tree.name):
            return self.elsewhere(reading=(*self.scope.reading, tree.name)).bind(assigned)
        given = self.scope.aliases.get(tree.name)
        if given is None:
            return Constant(None, NULL)
        target, reading = f"@{tree.name}", (*self.scope.reading, tree.name)
        inner = self.elsewhere(target=target, reading=reading, variables={}, instance=None)
        with quoting(given.text):
            return inner.bind(given.tree)

    def meant(self, tree: ast.Expr) -> ast.Expr:
        """What an alias stands for."""
        seen: set[str] = set()
        while isinstance(tree, ast.Alias) and tree.name not in seen:
            seen.add(tree.name)
            if assigned := self.scope.assigned.get(tree.name):
                tree = assigned
            elif given := self.scope.aliases.get(tree.name):
                tree = given.tree
        return tree

    # beside another type

    def adapted(self, tree: ast.Expr, found: Expression, kind: Type) -> Expression:
        """A text literal becomes what stands on the other side, also within an array."""
        if isinstance(tree, ast.Alias):
            tree = self.meant(tree)
        if isinstance(tree, ast.Literal):
            if tree.kind != "string" or kind.is_nested or kind in (STRING, NULL):
                return found
            return self.text_as(tree, kind)
        if not kind.is_nested:
            return found
        match tree, found:
            case ast.Array(trees), Array(members) if kind.item:
                item = kind.item
                pairs = zip(trees, members, strict=True)
                return self.array_of(tree, [self.adapted(t, each, item) for t, each in pairs])
            case ast.Object(trees), Record(members) if kind.fields:
                return self.record_as(tree, found, dict(kind.fields))
            case _:
                return found

    def record_as(self, tree: ast.Object, found: Record, kinds: dict[str, Type]) -> Record:
        pairs = zip(tree.members, found.members, strict=True)
        members = tuple(
            (name, self.adapted(inner, each, kinds.get(name, NULL)))
            for (name, inner), (_, each) in pairs
        )
        return Record(members, numbers.complex_type((name, each.type) for name, each in members))

    def text_as(self, tree: ast.Literal, kind: Type) -> Constant:
        if not is_number(kind):
            return self.read(tree, kind)
        number = self.number(tree)
        return Constant(number, numbers.of_literal(number))
