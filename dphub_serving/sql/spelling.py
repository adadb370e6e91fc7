"""The rows of a page by position, with keys that Python spells where no column has them.

DuckDB plans the text of a key for longer than it takes to find and write the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from dphub_k8s.api.keys import KeyRecipe
from dphub_serving.odata.query import Query
from dphub_serving.sql.shape import Shape, owes_id, reading, row, spelled_from, without_key
from dphub_serving.sql.statement import computed_name
from dphub_serving.sql.table import POSITION, Table

# With more rows DuckDB is the faster one.
MOST_ROWS = 250
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Spelling:
    """`before` and `after` stand around the key, with which a row's JSON begins. The last columns
    of a row are what the key is spelled from."""

    recipe: KeyRecipe
    before: str
    after: str

    def texts(self, rows: Sequence[Row]) -> list[str]:
        """The JSON of rows whose first column has it without the key."""
        width = len(self.recipe.columns) + 1
        columns = list(zip(*rows, strict=True)) or [()] * (width + 1)
        pairs = zip(self.recipe.spelled(columns[-width:]), columns[0], strict=True)
        before, after = self.before, self.after
        return [f"{before}{key}{after}{json[1:]}" for key, json in pairs]


@dataclass(frozen=True, slots=True)
class Select:
    """Columns: JSON, the position where `placed`, what `spelling` takes."""

    text: str
    spelling: Spelling | None

    @classmethod
    def of(
        cls, table: Table, asked: Query, shape: Shape, source: str, rest: str, *, placed: bool
    ) -> "Select":
        """`rest` is what follows the source of the rows."""
        more = (f"file_row_number AS {POSITION}",) if placed else ()
        place = (POSITION,) if placed else ()
        spelling = _spelling(table, asked, shape)
        if spelling is None:
            relation = reading(table, asked, shape, rest, more, source=source)
            items = [row(table, asked, shape), *place]
        else:
            shown = tuple(computed_name(each.name) for each in asked.shown)
            relation = spelled_from(spelling.recipe, source, rest, (*shown, *more))
            items = [without_key(table, asked, shape), *place, *spelling.recipe.texts_sql()]
        return cls(f"SELECT {', '.join(items)} FROM {relation}", spelling)


def _spelling(table: Table, asked: Query, shape: Shape) -> Spelling | None:
    """None where there is nothing to spell, or where the key is not what a row begins with."""
    recipe, names = table.spelled, [each.name for each in asked.select]
    if recipe is None or asked.page > MOST_ROWS or not shape.style.plain:
        return None
    after = '",' if set(names) - {table.key} else '"'
    if shape.id is not None and owes_id(asked, shape):
        entity = dumps(f"{shape.entity_set}('", ensure_ascii=False)[:-1]
        return Spelling(recipe, f"{{{dumps(shape.id)}:{entity}", f"'){after}")
    if names[:1] == [table.key]:
        return Spelling(recipe, f'{{{dumps(table.key, ensure_ascii=False)}:"', after)
    return None
