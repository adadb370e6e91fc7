"""`$select`: which properties an answer has, and which parts of complex ones.

`address/city` and `address($select=city)` ask for the same; the context URL spells the first. What
is asked of a collection in parentheses is computed: it stands in for the property.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import bound, expressions, numbers
from dphub_serving.odata.ast import Name, OrderItem, Path
from dphub_serving.odata.binding import searching
from dphub_serving.odata.bound import Column, Computed, Expression, Variable
from dphub_serving.odata.clauses import Nested, SelectAll, SelectItem, SelectOperations, SelectPath
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.errors import (
    InvalidOption,
    NotImplementedByService,
    UnknownProperty,
    echo,
    quoting,
)
from dphub_serving.odata.options import Options

TARGET = "$select"
# Of a property: None for all of it, or the parts that are asked.
Tree = dict[str, "Tree | None"]


@dataclass(frozen=True, slots=True)
class Selection:
    """`names` are those of the context URL, or None where every property is asked."""

    items: tuple[Property | Computed, ...]
    names: tuple[str, ...] | None


def of(options: Options, entity_type: EntityType, computed: Mapping[str, Computed]) -> Selection:
    found = _Reader(options, entity_type, computed)
    with quoting(options.texts.get("select", "")):
        for item in options.select or ():
            found.add(item)
    every = options.select is None or found.every
    if every and not found.standing_in:
        return Selection((*entity_type.properties, *computed.values()), None)
    if every:
        found.asked = dict.fromkeys((*(each.name for each in entity_type.properties), *computed))
    items = tuple(each for name, tree in found.asked.items() for each in found.items(name, tree))
    parts = tuple(path for name, tree in found.asked.items() for path in _paths(name, tree))
    return Selection(items, None if every else (*parts, *found.ways))


def _paths(name: str, tree: Tree | None) -> list[str]:
    if tree is None:
        return [name]
    return [f"{name}/{path}" for part, inner in tree.items() for path in _paths(part, inner)]


class _Reader:
    def __init__(
        self, options: Options, entity_type: EntityType, computed: Mapping[str, Computed]
    ) -> None:
        self.options, self.type, self.computed = options, entity_type, computed
        self.every = False
        self.asked: Tree = {}
        self.ways: dict[str, None] = {}
        self.standing_in: dict[str, Computed] = {}
        self.counting: dict[str, Computed] = {}

    def add(self, item: SelectItem) -> None:
        match item:
            case SelectAll():
                self.every = True
            case SelectOperations(namespace, at):
                raise _missing(f"{echo(namespace + '.*')} in $select", at)
            case SelectPath(path, options, parameters):
                if parameters is not None:
                    raise _missing("an operation in $select", path.at)
                self.add_path(path, options)

    def add_path(self, path: Path, options: Nested | None) -> None:
        first, *rest = _names(path, self.type)
        if self.type.way(first.text) and not (rest or options):
            # Of navigation that is not expanded a row shows nothing.
            self.ways[first.text] = None
            return
        if self.type.way(first.text):
            message = f"{echo(first.text)} is navigation: $expand={first.text}($select=…)"
            raise _wrong(message, first.at)
        prop = self.type.find(first.text)
        if prop is None and first.text in self.computed:
            if rest or options:
                raise _wrong(f"{echo(first.text)} has no parts", path.at)
            self.asked[first.text] = None
            return
        if prop is None:
            known = [*(each.name for each in self.type.properties), *self.computed]
            raise _unknown(first, self.type.name, known)
        if options and not rest and prop.type.item and _has_options(options):
            self.standing_in[prop.name] = self.optioned(prop, options, path.at)
            options = Nested(select=options.select)
        _ask(self.asked, first, rest, prop.type, options)

    def items(self, name: str, tree: Tree | None) -> list[Property | Computed]:
        counting = [self.counting[name]] if name in self.counting else []
        return [*counting, self.item(name, tree)]

    def item(self, name: str, tree: Tree | None) -> Property | Computed:
        if name in self.computed:
            return self.computed[name]
        prop = self.type.find(name)
        assert prop is not None, "names were looked up when they were added"
        kind = prop.type if tree is None else _pruned(prop.type, tree)
        if name not in self.standing_in:
            return prop if tree is None else replace(prop, type=kind)
        found = self.standing_in[name]
        return replace(found, shown=numbers.of_column(kind))

    def optioned(self, prop: Property, options: Nested, at: int) -> Computed:
        """A collection with what its options leave of it, in their order."""
        for name in ("compute", "expand", "apply", "levels"):
            if getattr(options, name):
                raise _missing(f"${name} of a selected collection", at)
        found: Expression = Column(prop, numbers.of_property(prop))
        item = Variable(0, found.type.item or found.type)
        scope = expressions.Scope(
            self.type,
            TARGET,
            self.options.aliases,
            instance=item,
            nested=1,
            assigned=dict(options.aliases),
            expanded=self.options.expanded,
        )
        if options.search:
            condition = searching.condition(options.search, searching.texts(item))
            found = bound.Kept(found, item, condition, found.type)
        if options.filter:
            condition = expressions.condition(options.filter, scope)
            found = bound.Kept(found, item, condition, found.type)
        if options.count:
            name = f"{prop.name} count"
            counted = bound.Counted(found)
            self.counting[prop.name] = Computed(name, counted, dynamic=False, counts=prop.name)
        if options.orderby:
            found = self.ordered(found, item, options.orderby, scope)
        if options.skip is not None or options.top is not None:
            found = bound.Slice(found, options.skip or 0, options.top, found.type)
        return Computed(prop.name, found, dynamic=False)

    def ordered(
        self,
        found: Expression,
        item: Variable,
        order: tuple[OrderItem, ...],
        scope: expressions.Scope,
    ) -> Expression:
        if len({each.descending for each in order}) > 1:
            raise _missing("an order of members in two directions", order[0].expression.at)
        keys = tuple(expressions.sortable(each.expression, scope) for each in order)
        return bound.Ordered(found, item, keys, order[0].descending, found.type)


def _has_options(options: Nested) -> bool:
    return options != Nested(select=options.select)


def _ask(
    asked: Tree, name: Name, rest: list[Name], kind: ColumnType, options: Nested | None
) -> None:
    """Whoever asks for all of something has its parts too."""
    if rest:
        inner = _inner(kind, rest[0])
        tree = asked.setdefault(name.text, {})
        if tree is not None:
            _ask(tree, rest[0], rest[1:], inner, options)
        return
    parts = options.select if options else None
    if options and _has_options(options):
        what = "a collection within a property" if kind.item else "what is no collection"
        raise _missing(f"an option of {what}", name.at)
    if parts is None or any(isinstance(each, SelectAll) for each in parts):
        asked[name.text] = None
        return
    for part in parts:
        if not isinstance(part, SelectPath) or part.parameters is not None:
            raise _missing("an operation in $select", name.at)
        names = _names(part.path, None)
        tree = asked.setdefault(name.text, {})
        if tree is not None:
            _ask(tree, names[0], names[1:], _inner(kind, names[0]), part.options)


def _inner(kind: ColumnType, name: Name) -> ColumnType:
    fields = dict((kind.item or kind).fields)
    if name.text not in fields:
        raise _unknown(name, kind.edm or "a complex value", fields)
    return fields[name.text]


def _pruned(kind: ColumnType, tree: Tree) -> ColumnType:
    if kind.item:
        return replace(kind, item=_pruned(kind.item, tree))
    kinds = dict(kind.fields)
    fields = tuple(
        (name, kinds[name] if inner is None else _pruned(kinds[name], inner))
        for name, inner in tree.items()
    )
    return replace(kind, fields=fields)


def _names(path: Path, entity_type: EntityType | None) -> list[Name]:
    names = [each for each in path.segments if isinstance(each, Name)]
    if entity_type and names and names[0].text == entity_type.qualified_name:
        names = names[1:]
        found = len(names) + 1
    else:
        found = len(names)
    special = any("." in each.text or each.text.startswith("$") for each in names)
    if found < len(path.segments) or special or not names:
        raise _missing(f"{echo(str(path))} in $select", path.at)
    return names


def _missing(what: str, at: int) -> NotImplementedByService:
    return NotImplementedByService(what, target=TARGET, at=at)


def _wrong(message: str, at: int) -> InvalidOption:
    return InvalidOption(message, target=TARGET, at=at)


def _unknown(name: Name, of: str, known: object) -> UnknownProperty:
    names = [str(each) for each in known] if isinstance(known, list | dict) else []
    return UnknownProperty(name.text, of=of, known=names, target=TARGET, at=name.at)
