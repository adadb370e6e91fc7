"""Paths: properties of the entity, of complex values and of members, and what is said of members.

In any and all a plain name is a property of the entity; in the options of a collection it is one of
its members (OData URL Conventions 4.01, sections 5.1.1.13 and 5.1.1.14).
"""

from collections.abc import Sequence

from dphub_serving.odata import ast, bound, numbers, trees
from dphub_serving.odata.binding import searching
from dphub_serving.odata.binding.base import named
from dphub_serving.odata.binding.leaves import Leaves
from dphub_serving.odata.bound import NAVIGATION, Expression, Type, Variable
from dphub_serving.odata.edm import MOST_LEVELS, EntityType, NavigationProperty, Property
from dphub_serving.odata.errors import TooComplex, UnknownFunction, UnknownProperty, echo
from dphub_serving.odata.functions import FUNCTIONS

# Collections within collections.
DEEPEST = 5
Segments = Sequence[ast.Segment]


class Paths(Leaves):
    def path(self, tree: ast.Path) -> Expression:
        if self.scope.expanded and self.scope.target.startswith("@"):
            # Its names are of the row outside, where the alias is given.
            raise self.missing("a path in an alias in $expand", tree.at)
        match tree.segments:
            case (ast.Name() as only,) if not (
                self.scope.nested or only.text.startswith("$") or "." in only.text
            ):
                return self.property(only)  # as nearly all are
        found, rest = self.first(tree)
        for segment in rest:
            found = self.step(found, segment, tree)
        return found

    def first(self, tree: ast.Path) -> tuple[Expression, Segments]:
        """What the path begins with, and the segments behind it."""
        begin, *rest = tree.segments
        instance = self.scope.instance
        match begin:
            case ast.Name("$this") if instance:
                return instance, rest
            case ast.Name("$it", at) if self.scope.expanded:
                raise self.missing("$it in $expand", at)
            case ast.Name("$it" | "$this"):
                return self.of_entity(tree, rest)
            case ast.Name(name) if variable := self.scope.variables.get(name):
                return variable, rest
            case ast.Name() if instance and not _is_special(begin):
                return self.member(instance, begin), rest
            case _:
                return self.of_entity(tree, tree.segments)

    def of_entity(self, tree: ast.Path, segments: Segments) -> tuple[Expression, Segments]:
        match segments:
            case [ast.Name(name), *rest] if name == self.scope.entity_type.qualified_name:
                return self.of_entity(tree, rest)
            case [ast.Name() as name, ast.Arguments(), *_]:
                raise self.unknown_call(name) or self.missing_path(tree)
            case [ast.Name() as name, *rest] if not _is_special(name):
                return self.property(name), rest
            case _:
                raise self.missing_path(tree)

    def property(self, name: ast.Name) -> Expression:
        of, target = self.scope.entity_type, self.scope.target
        if found := of.find(name.text):
            self.check_use((found,), name)
            return bound.Column(found, numbers.of_property(found))
        if way := of.way(name.text):
            return self.related(of, way, name)
        computed = self.scope.computed.get(name.text)
        if computed is None:
            ways = [each.name for each in of.navigation]
            known = [*(each.name for each in of.properties), *ways, *self.scope.computed]
            raise UnknownProperty(name.text, of=of.name, known=known, target=target, at=name.at)
        self.check_use(trees.properties(computed.expression), name)
        return bound.Reference(computed, computed.type)

    def related(
        self,
        of: EntityType,
        way: NavigationProperty,
        name: ast.Name,
        begin: Expression | None = None,
    ) -> Expression:
        """Of the target the properties that may be asked for; `begin` is where the way begins, if
        it is not the row."""
        target, use = of.neighbours[way.target].type, self.scope.use
        fields = [
            (each.name, numbers.of_column(each.type))
            for each in target.properties
            if (each.orderable if use == "order" else use != "filter" or each.filterable)
        ]
        further = [(each.name, NAVIGATION) for each in target.navigation]
        kind = numbers.complex_type([*fields, *further], way.target)
        keys = tuple(
            bound.Member(begin, left, numbers.of_property(found))
            for left, _ in way.keys
            if begin is not None and (found := of.find(left))
        )
        if keys and _levels(keys[0]) >= MOST_LEVELS:
            message = f"navigation goes on through more than {MOST_LEVELS} levels"
            raise TooComplex(message, target=self.scope.target, at=name.at)
        return bound.Related(way, numbers.collection(kind) if way.collection else kind, keys)

    def check_use(self, used: Sequence[Property], name: ast.Name) -> None:
        use, of = self.scope.use, self.scope.entity_type
        for each in used:
            usable = each.orderable if use == "order" else use != "filter" or each.filterable
            if not usable:
                raise self.unusable(of, each.name, name.at)

    def unusable(self, of: EntityType, name: str, at: int) -> Exception:
        done = "ordered" if self.scope.use == "order" else "filtered"
        return self.error(f"{of.name} cannot be {done} by {echo(name)}", at)

    def step(self, found: Expression, segment: ast.Segment, tree: ast.Path) -> Expression:
        match segment:
            case ast.Name() if not _is_special(segment):
                return self.member(found, segment)
            case ast.Filtered(condition, at):
                return self.kept(found, condition, at)
            case ast.Count():
                return self.counted(found, segment)
            case ast.Lambda():
                return self.quantified(found, segment)
            case _:
                raise self.missing_path(tree)

    def member(self, found: Expression, name: ast.Name) -> Expression:
        kind = dict(found.type.fields).get(name.text)
        if kind == NAVIGATION:
            here = self.scope.entity_type.neighbours[found.type.entity_set].type
            way = here.way(name.text)
            assert way, "it is navigation of this type"
            return self.related(here, way, name, found)
        if kind is not None:
            return bound.Member(found, name.text, kind)
        if found.type.item:
            message = "behind a collection stands any, all, $count or $filter"
            raise self.error(message, name.at)
        known, of = [each for each, _ in found.type.fields], named(found.type)
        target = self.scope.target
        if there := self.scope.entity_type.neighbours.get(found.type.entity_set or ""):
            if there.type.find(name.text):
                raise self.unusable(there.type, name.text, name.at)
            of = there.type.name
        raise UnknownProperty(name.text, of=of, known=known, target=target, at=name.at)

    # collections

    def kept(self, collection: Expression, condition: ast.Expr, at: int) -> Expression:
        item = self.each(collection, at)
        inner = self.elsewhere(instance=item, nested=self.scope.nested + 1)
        return bound.Kept(collection, item, inner.condition(condition), collection.type)

    def counted(self, found: Expression, tree: ast.Count) -> Expression:
        item = self.each(found, tree.at)
        if tree.search:
            there = self.scope.entity_type.neighbours.get(item.type.entity_set)
            texts = searching.texts(item, there.type if there else None)
            matching = searching.condition(tree.search, texts)
            found = bound.Kept(found, item, matching, found.type)
        if tree.condition:
            found = self.kept(found, tree.condition, tree.at)
        return bound.Counted(found)

    def quantified(self, collection: Expression, tree: ast.Lambda) -> Expression:
        item = self.each(collection, tree.at)
        if tree.variable is None or tree.predicate is None:
            return bound.Quantified("any", collection, item, None)
        if tree.variable in self.scope.variables:
            raise self.error(f"{echo(tree.variable)} is a variable already", tree.at)
        variables = {**self.scope.variables, tree.variable: item}
        inner = self.elsewhere(variables=variables, nested=self.scope.nested + 1)
        return bound.Quantified(tree.quantifier, collection, item, inner.condition(tree.predicate))

    def each(self, collection: Expression, at: int) -> Variable:
        item: Type | None = collection.type.item
        if item is None:
            raise self.error(f"{named(collection.type)} is no collection", at)
        if self.scope.nested == DEEPEST:
            message = f"collections are nested more than {DEEPEST} levels deep"
            raise TooComplex(message, target=self.scope.target, at=at)
        return Variable(self.scope.nested, item)

    # errors

    def unknown_call(self, name: ast.Name) -> UnknownFunction | None:
        """`foo('x')` looks like a key behind a property, unless there is no such property."""
        if "." in name.text or self.scope.entity_type.find(name.text):
            return None
        return UnknownFunction(name.text, FUNCTIONS, target=self.scope.target, at=name.at)

    def missing_path(self, tree: ast.Path) -> Exception:
        return self.missing(f"the path {echo(str(tree))}", tree.at)


def _levels(found: Expression) -> int:
    """Through how many ways it is reached."""
    match found:
        case bound.Member(operand):
            return _levels(operand)
        case bound.Related(_, _, keys):
            return 1 + (_levels(keys[0]) if keys else 0)
        case _:
            return 0


def _is_special(name: ast.Name) -> bool:
    return name.text.startswith("$") or "." in name.text
