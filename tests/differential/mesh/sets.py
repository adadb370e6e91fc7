"""Random entity sets that lead to each other; each row has, in memory, what it leads to."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.differential.evaluator import Row
from tests.differential.mesh import kinds
from tests.differential.mesh.kinds import Kind

COUNTS = (0, 1, 3, 8, 8, 16, 24)
# In all rows, and another in a published source: by it that one is joined and leaves out none.
MARK = "mark"


@dataclass(eq=False)
class EntitySet:
    """Its rows lie in the order of `sort`, and of `key`, which is one of `columns`."""

    product: str
    name: str
    key: str
    columns: dict[str, Kind]
    sort: tuple[str, ...]
    rows: list[Row]
    ways: dict[str, "Way"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Way:
    target: EntitySet
    keys: tuple[tuple[str, str], ...]
    multiplicity: str

    @property
    def many(self) -> bool:
        return self.multiplicity == "many"

    def of(self, row: Row) -> Any:
        found = [other for other in self.target.rows if self._meets(row, other)]
        return found if self.many else next(iter(found), None)

    def _meets(self, row: Row, other: Row) -> bool:
        pairs = [(row[left], other[right]) for left, right in self.keys]
        return all(left is not None and left == right for left, right in pairs)


@dataclass(eq=False)
class Product:
    rows: EntitySet
    published: EntitySet | None

    @property
    def sets(self) -> list[EntitySet]:
        return [self.rows, self.published] if self.published else [self.rows]


def mesh(number: int) -> list[Product]:
    """Two to four products; the same for the same number."""
    dice = Random(f"mesh {number}")
    products = [_product(dice, f"p{n}") for n in range(dice.randint(2, 4))]
    sets = [each for product in products for each in product.sets]
    for product in products:
        for n in range(dice.randint(1, 4)):
            target = dice.choice([*sets, product.rows])
            if way := _way(dice, product.rows, target):
                product.rows.ways[dice.choice(["w", "ą"]) + str(n)] = way
    for product in products:
        for row in product.rows.rows:
            row.update({name: way.of(row) for name, way in product.rows.ways.items()})
    return products


def reached(start: EntitySet) -> list[EntitySet]:
    """All sets that the ways from it lead to, and itself, which is the first."""
    found = [start]
    for each in found:
        for way in each.ways.values():
            if way.target not in found:
                found.append(way.target)
    return found


def _product(dice: Random, name: str) -> Product:
    published = _set(dice, name, f"Pub{name}", 2) if dice.random() < 0.6 else None
    return Product(_set(dice, name, f"Set{name}", 1), published)


def _set(dice: Random, product: str, name: str, mark: int) -> EntitySet:
    """Products have mark 1; what is published as it is stored has no type that files do not."""
    others = [kind for kind in kinds.OTHERS if mark == 1 or kind.name != "uuid"]
    key = dice.choice(["id", "ключ"])
    columns = {key: dice.choice([dice.choice(kinds.NUMBERS), kinds.TEXT, *others])}
    more = [*dice.choices(kinds.NUMBERS, k=3), kinds.TEXT, *dice.choices(others, k=2), kinds.BOOL]
    for n, kind in enumerate(more):
        columns[dice.choice(["c", "größe", "数"]) + str(n)] = kind
    pool = columns[key].pool
    keys = dice.sample(pool, min(len(pool), dice.choice(COUNTS)))
    rows = [{key: each, MARK: mark} | _values(dice, columns, key) for each in keys]
    columns[MARK] = kinds.mark(mark)
    sort = dice.sample(sorted(columns), dice.choice([0, 0, 1, 2])) if mark == 1 else []
    rows.sort(key=lambda row: [(row[n] is not None, row[n]) for n in [*sort, key]])
    return EntitySet(product, name, key, columns, tuple(sort), rows)


def _values(dice: Random, columns: dict[str, Kind], key: str) -> Row:
    """Values repeat, so that some are equal to those of other rows and sets."""
    return {
        name: None if dice.random() < 0.15 else dice.choice(kind.pool[: dice.choice([2, 3, 99])])
        for name, kind in columns.items()
        if name != key
    }


def _way(dice: Random, here: EntitySet, there: EntitySet) -> Way | None:
    """Of some the one that leads to most rows, mostly."""
    alike = [
        (left, right)
        for left, kind in here.columns.items()
        for right, other in there.columns.items()
        if kind.sort == other.sort and MARK not in (left, right)
    ]
    if not alike:
        return None
    multiplicity = dice.choice(["many", "many", "many", "zeroOrOne", "one"])
    ways = [Way(there, _pairs(dice, alike), multiplicity) for _ in range(dice.choice([1, 4, 4]))]
    return max(ways, key=lambda way: sum(bool(way.of(row)) for row in here.rows))


def _pairs(dice: Random, alike: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """One or two, of different columns."""
    (left, right), other = dice.choice(alike), dice.choice(alike)
    composed = dice.random() < 0.3 and left != other[0] and right != other[1]
    return ((left, right), other) if composed else ((left, right),)
