"""Random query options over a mesh, and their text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from tests.differential import filters
from tests.differential.evaluator import Node
from tests.differential.mesh.conditions import IT, Dice, Place
from tests.differential.mesh.kinds import literal
from tests.differential.mesh.sets import EntitySet

COMPUTED = "λ"
SEARCHES = ["a", "it", "NOT a", "b OR é", '"a b"', "a AND b"]
DEEPEST, MOST = 6, 50


@dataclass(frozen=True)
class Options:
    """`orderby` are terms, and whether they descend; with `star` all is expanded."""

    compute: Node | None = None
    filter: Node | None = None
    search: str = ""
    orderby: tuple[tuple[Node, bool], ...] = ()
    skip: int = 0
    top: int | None = None
    count: bool = False
    select: tuple[str, ...] = ()
    expand: tuple["Expanded", ...] = ()
    star: bool = False

    def pairs(self) -> Iterator[tuple[str, str]]:
        if self.compute:
            yield "$compute", f"{filters.text(self.compute)} as {COMPUTED}"
        if self.filter:
            yield "$filter", filters.text(self.filter)
        if self.search:
            yield "$search", self.search
        if self.orderby:
            yield "$orderby", ",".join(_term(*term) for term in self.orderby)
        if self.skip:
            yield "$skip", str(self.skip)
        if self.top is not None:
            yield "$top", str(self.top)
        if self.count:
            yield "$count", "true"
        if self.select:
            yield "$select", ",".join(self.select)
        if self.expand:
            named = [each.text() for each in self.expand]
            if self.star:
                plain = {each.way for each in self.expand}
                named = [*(text for text in named if text not in plain), "*"]
            yield "$expand", ",".join(named)

    def query(self) -> str:
        return "&".join(f"{name}={quote(text, safe='')}" for name, text in self.pairs())

    def bare(self) -> "Options":
        """Which rows, and nothing of them."""
        if self.compute:
            return Options(search=self.search, skip=self.skip, top=self.top, count=self.count)
        return replace(self, select=(), expand=())

    def counted(self) -> "Options":
        """What says how many rows there are."""
        return Options(filter=None if self.compute else self.filter, search=self.search)

    def deepest(self) -> int:
        return max((each.levels + each.options.deepest() for each in self.expand), default=0)

    def items(self) -> int:
        return sum(each.levels * (1 + each.options.items()) for each in self.expand)


@dataclass(frozen=True)
class Expanded:
    """`of` is nothing, `/$ref` or `/$count`."""

    way: str
    of: str
    options: Options
    levels: int = 1

    def text(self) -> str:
        inside = [f"{name}={text}" for name, text in self.options.pairs()]
        inside += [f"$levels={self.levels}"] if self.levels > 1 else []
        return f"{self.way}{self.of}" + (f"({';'.join(inside)})" if inside else "")


def _term(term: Node, descending: bool) -> str:
    return filters.text(term) + (" desc" if descending else "")


def asked(dice: Dice, of: EntitySet, *, many: bool = True) -> Options:
    """What a request may have, over rows or one."""
    around = (Place(of, IT),)
    while True:
        found = _options(dice, of, around, many=many, depth=2)
        if found.deepest() <= DEEPEST and found.items() <= MOST:
            return found


def _options(
    dice: Dice, of: EntitySet, around: tuple[Place, ...], *, many: bool, depth: int
) -> Options:
    compute = dice.integer(Place(of)) if dice.chance(0.2) else None
    names = [*of.columns, COMPUTED] if compute else list(of.columns)
    select = [name for name in names if dice.chance(0.4)] if dice.chance(0.4) else []
    star = dice.chance(0.1)
    expand = _expand(dice, of, depth, star) if depth and dice.chance(0.7) else ()
    found = Options(compute=compute, select=tuple(select), expand=expand, star=star)
    return _paged(dice, found, of, around) if many else found


def _paged(dice: Dice, found: Options, of: EntitySet, around: tuple[Place, ...]) -> Options:
    return replace(
        found,
        filter=_filter(dice, of, around, found) if dice.chance(0.3) else None,
        search=dice.choice(SEARCHES) if dice.chance(0.06) else "",
        orderby=_orderby(dice, of, found) if dice.chance(0.4) else (),
        skip=dice.choice([*[0] * 9, 1, 2, 5]),
        top=dice.choice([0, 1, 2, 3, 4, 5, 9, 50]) if dice.chance(0.3) else None,
        count=dice.chance(0.4),
    )


def _filter(dice: Dice, of: EntitySet, around: tuple[Place, ...], found: Options) -> Node:
    if found.compute and dice.chance(0.3):
        computed = Node("column", (), COMPUTED)
        return Node(dice.choice(filters.COMPARISONS), (computed, literal(dice.randint(0, 3))))
    return dice.condition(Place(of), around)


def _orderby(dice: Dice, of: EntitySet, found: Options) -> tuple[tuple[Node, bool], ...]:
    terms = {}
    for _ in range(dice.randint(1, 3)):
        term = Node("column", (), COMPUTED) if found.compute and dice.chance(0.3) else None
        term = term or dice.term(Place(of))
        terms[filters.text(term)] = (term, dice.chance(0.5))
    if of.sort:
        # Its reverse is read backwards, with what ties: the key leaves no ties.
        terms[of.key] = terms.get(of.key, (Node("column", (), of.key), False))
    return tuple(terms.values())


def _expand(dice: Dice, of: EntitySet, depth: int, star: bool) -> tuple[Expanded, ...]:
    some = dice.sample(sorted(of.ways), dice.randint(min(1, len(of.ways)), len(of.ways)))
    rest = [name for name in of.ways if star and name not in some]
    return (
        *(_expanded(dice, of, way, depth - 1) for way in some),
        *(Expanded(way, "", Options()) for way in rest),
    )


def _expanded(dice: Dice, of: EntitySet, name: str, depth: int) -> Expanded:
    way, kind = of.ways[name], dice.random()
    options = _options(dice, way.target, (), many=way.many, depth=depth)
    if kind < 0.12:
        return Expanded(name, "/$ref", options.bare())
    if kind < 0.22 and way.many:
        return Expanded(name, "/$count", options.counted())
    again = name in [each.way for each in options.expand]
    levels = dice.randint(1, 3) if way.target is of and not again else 1
    return Expanded(name, "", options, levels)
