"""Random requests for rows of a mesh, and what must be found."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.differential import filters
from tests.differential.evaluator import Row
from tests.differential.mesh import answers, options
from tests.differential.mesh.conditions import IT, Dice, Place
from tests.differential.mesh.kinds import literal
from tests.differential.mesh.options import Options
from tests.differential.mesh.sets import EntitySet, Product, reached

MOST = 150


@dataclass(frozen=True)
class Request:
    """`found` are rows, a row, a number or nothing; `total` is what `$count` says beside rows."""

    url: str
    of: EntitySet
    status: int
    found: Any = None
    total: int | None = None

    @property
    def rows(self) -> int:
        return _rows_of(self.found)


def _rows_of(found: Any) -> int:
    match found:
        case dict():
            return 1 + sum(map(_rows_of, found.values()))
        case list():
            return sum(map(_rows_of, found))
        case _:
            return 0


def request(dice: Dice, products: list[Product]) -> Request:
    """One that is answered with few rows."""
    while True:
        found = _request(dice, products)
        if found.rows <= MOST:
            return found


def _request(dice: Dice, products: list[Product]) -> Request:
    """For a set of a product's service, or what navigation leads to from one of its rows."""
    product = dice.choice(products).rows
    of = dice.choice([product, *reached(product)])
    pinned = "@0" if dice.chance(0.1) else ""
    url = f"/odata/{product.product}{pinned}/{of.name}"
    if dice.chance(0.1):
        condition = dice.condition(Place(of), (Place(of, IT),))
        url += f"/$filter({quote(filters.text(condition), safe='')})"
        return _rows(dice, url, of, answers.kept(of, of.rows, Options(filter=condition)))
    return _of_rows(dice, url, of, of.rows, dice.choice([0, 0, 0, 0, 1, 1, 2]))


def _of_rows(dice: Dice, url: str, of: EntitySet, rows: list[Row], keys: int) -> Request:
    """`keys` are the rows that the path may go on through."""
    if not keys or not of.rows:
        return _rows(dice, url, of, rows)
    row = dice.choice(rows if rows and dice.chance(0.9) else of.rows)
    url += _key(dice, of, row)
    if not any(row is each for each in rows):
        return Request(url, of, 404)
    return _of_row(dice, url, of, row, keys - 1)


def _of_row(dice: Dice, url: str, of: EntitySet, row: Row, keys: int) -> Request:
    if not of.ways or dice.chance(0.25):
        return _row(dice, url, of, row)
    name = dice.choice(sorted(of.ways))
    url, way, found = f"{url}/{quote(name)}", of.ways[name], row[name]
    if way.many:
        return _of_rows(dice, url, way.target, found, keys)
    if found is None:
        return Request(url, way.target, 204)
    return _of_row(dice, url, way.target, found, keys)


def _key(dice: Dice, of: EntitySet, row: Row) -> str:
    text = literal(row[of.key]).text
    if text.isalnum() and dice.chance(0.2):
        return f"/{text}"
    named = f"{quote(of.key)}=" if dice.chance(0.2) else ""
    return f"({named}{quote(text, safe='')})"


def _row(dice: Dice, url: str, of: EntitySet, row: Row) -> Request:
    asked = options.asked(dice, of, many=False)
    return Request(f"{url}?{asked.query()}", of, 200, answers.shown(of, row, asked))


def _rows(dice: Dice, url: str, of: EntitySet, rows: list[Row]) -> Request:
    asked, kind = options.asked(dice, of), dice.random()
    if kind < 0.1:
        # The standard wants one of the two.
        asked = Options(search=asked.search) if "/$filter(" in url else asked.counted()
        number = len(answers.kept(of, rows, asked))
        return Request(f"{url}/$count?{asked.query()}", of, 200, number)
    if kind < 0.2:
        asked = asked.bare()
        found, total = answers.page(of, rows, asked)
        shown = [{answers.ID: each[of.key]} for each in found]
        url = f"{url}/$ref"
    else:
        found, total = answers.page(of, rows, asked)
        shown = [answers.shown(of, each, asked) for each in found]
    return Request(f"{url}?{asked.query()}", of, 200, shown, total if asked.count else None)
