"""Random conditions and values over a row of a mesh and over all that it leads to."""

from random import Random
from typing import NamedTuple

from tests.differential.evaluator import Node
from tests.differential.filters import COMPARISONS, NULL
from tests.differential.mesh.kinds import TEXT, literal
from tests.differential.mesh.sets import EntitySet

THIS, IT = Node("variable", (), "$this"), Node("variable", (), "$it")
SMALL = {"byte", "short", "int"}
PARTS = ["a", "i", "'", "/", "é", "😀", ""]


class Place(NamedTuple):
    """A row of `of`, which is called `at`; without it, the row that is asked."""

    of: EntitySet
    at: Node | None = None

    def path(self, name: str) -> Node:
        if self.at is None:
            return Node("column", (), name)
        return Node("member", (self.at,), name, "own" if self.at is THIS else None)

    def along(self, way: str) -> "Place":
        return Place(self.of.ways[way].target, self.path(way))


class Dice(Random):
    """Draws what is true of a place, perhaps with something of the places around it."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    def condition(self, here: Place, around: tuple[Place, ...] = (), depth: int = 2) -> Node:
        kind = self.random()
        if depth and kind < 0.4:
            parts = tuple(self.condition(here, around, depth - 1) for _ in range(2))
            return Node(self.choice(["and", "or"]), parts) if kind < 0.3 else Node("not", parts[:1])
        if here.of.ways and kind < 0.8:
            return self.related(here, around, depth)
        return self.comparison(here, around)

    def related(self, here: Place, around: tuple[Place, ...], depth: int) -> Node:
        here = self.hopped(here)
        if not here.of.ways:
            return self.comparison(here, around)
        way = self.choice(list(here.of.ways))
        there = here.along(way)
        if not here.of.ways[way].many:
            return self.comparison(there, around) if self.chance(0.6) else self.missing(there)
        if self.chance(0.3):
            counted = self.counted(there, around, depth)
            return Node(self.choice(COMPARISONS), (counted, literal(self.randint(0, 3))))
        return self.quantified(there, (*around, here), depth)

    def hopped(self, here: Place) -> Place:
        """Perhaps one row further."""
        ones = [name for name, way in here.of.ways.items() if not way.many]
        return here.along(self.choice(ones)) if ones and self.chance(0.25) else here

    def missing(self, there: Place) -> Node:
        assert there.at
        null = Node("null", (there.at,))
        return Node("not", (null,)) if self.chance(0.5) else null

    def quantified(self, there: Place, around: tuple[Place, ...], depth: int) -> Node:
        assert there.at
        members = there.at
        if depth and self.chance(0.2):
            members = Node("filtered", (members, self.of_member(there, around, depth)), "$this")
        if not depth or self.chance(0.2):
            return Node("any", (members,))
        name = f"v{depth}"
        said = self.condition(Place(there.of, Node("variable", (), name)), around, depth - 1)
        return Node(self.choice(["any", "all"]), (members, said), name)

    def counted(self, there: Place, around: tuple[Place, ...], depth: int) -> Node:
        assert there.at
        if not depth or self.chance(0.5):
            return Node("count", (there.at,))
        return Node("countif", (there.at, self.of_member(there, around, depth)), "$this")

    def of_member(self, there: Place, around: tuple[Place, ...], depth: int) -> Node:
        """Where names are those of the member: of what is around only `$it` can be said."""
        told = tuple(each for each in around if each.at is IT)
        return self.condition(Place(there.of, THIS), told, depth - 1)

    def comparison(self, here: Place, around: tuple[Place, ...] = ()) -> Node:
        name, kind = self.choice(list(here.of.columns.items()))
        left = here.path(name)
        operators = ["eq", "ne"] if kind.sort == "bool" else COMPARISONS
        if kind.sort == "bool" and self.chance(0.4):
            return left
        if kind.sort == "text" and self.chance(0.3):
            function = self.choice(["contains", "startswith", "endswith"])
            return Node(function, (left, literal(self.choice(PARTS))))
        if kind.sort == "text" and self.chance(0.2):
            return Node(self.choice(COMPARISONS), (Node("length", (left,)), literal(1)))
        if self.chance(0.15):
            return Node("in", (left, *(self.value(here.of, name) for _ in range(3))))
        if kind.name in SMALL and self.chance(0.2):
            left = Node("add", (left, literal(1)))
        right = self.value(here.of, name)
        if self.chance(0.3):
            place = self.choice([here, *around])
            others = [each for each, k in place.of.columns.items() if k.sort == kind.sort]
            right = place.path(self.choice(others)) if others else right
        return Node(self.choice(operators), (left, right))

    def value(self, of: EntitySet, name: str) -> Node:
        """One of the column's, mostly."""
        kind = self.random()
        if kind < 0.05:
            return NULL
        if kind < 0.7 and of.rows:
            return literal(self.choice(of.rows)[name])
        return literal(self.choice(of.columns[name].pool))

    def term(self, here: Place) -> Node:
        """What rows can be ordered by."""
        here, kind = self.hopped(here), self.random()
        many = [name for name, way in here.of.ways.items() if way.many]
        if many and kind < 0.2:
            return self.counted(here.along(self.choice(many)), (), 1)
        if kind < 0.3:
            return self.condition(here, (), 1)
        texts = [name for name, k in here.of.columns.items() if k.sort == TEXT.sort]
        if kind < 0.45:
            return Node("length", (here.path(self.choice(texts)),))
        return here.path(self.choice(list(here.of.columns)))

    def integer(self, here: Place) -> Node:
        """What can be computed."""
        many = [name for name, way in here.of.ways.items() if way.many]
        if many and self.chance(0.4):
            return self.counted(here.along(self.choice(many)), (), 1)
        texts = [name for name, k in here.of.columns.items() if k.sort == TEXT.sort]
        return Node("length", (here.path(self.choice(texts)),))
