"""Which row a key names, as conditions that its columns, or the key index, decide quickly."""

from decimal import Decimal

from dphub_k8s.api.keys import LONGEST, NULL, ORDINAL, SEPARATOR, KeyRecipe, decode_part
from dphub_k8s.api.types import MAX_PRECISION, ColumnType
from dphub_serving.sql.fragment import Fragment, joined
from dphub_serving.sql.statement import name
from dphub_serving.sql.table import Table


def row_of(table: Table, key: object) -> Fragment:
    """The condition that the row with this key fulfils, and no other."""
    recipe = table.recipe
    if recipe and not recipe.is_digest(str(key)):
        found = spelled(table, recipe, str(key))
        return Fragment(" AND ".join(found[0]), tuple(found[1])) if found else Fragment("false")
    given = stored(table.types[table.key])
    if table.index_file:
        found_by = f"SELECT position FROM {table.index()} WHERE key = {given}"
        return Fragment(f"file_row_number IN ({found_by})", (key,))
    if recipe:
        return Fragment("false")
    same = Fragment(f"{name(table.key)} = {given}", (key,))
    return joined(" AND ", [same, *between(table, table.key, "eq", key)])


def holds(kind: ColumnType, key: object) -> bool:
    """Whether the column can have this value: DuckDB would round a number with more places, and
    refuse one out of bounds."""
    if not (kind.is_integer or kind.edm == "Edm.Decimal"):
        return True
    assert isinstance(key, int | Decimal), "keys have the type of their property"
    number, scale = Decimal(key), kind.facets.get("Scale", 0)
    if number.adjusted() > MAX_PRECISION or _places(number) > scale:
        return False
    try:
        kind.parse(f"{number:f}" if scale else str(int(number)))
    except ValueError:
        return False
    return True


def _places(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), "no key is infinite"
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return -exponent - trailing if number else 0


def between(table: Table, column: str, operator: str, value: object) -> list[Fragment]:
    """Where in the file a text that the rows are sorted by can compare so, as far as is known."""
    marks = table.native.marks if table.native else None
    if marks is None or marks.column != column or not isinstance(value, str):
        return []
    found = []
    if operator in ("eq", "ge", "gt"):
        found.append(Fragment("file_row_number >= ?", (marks.first(value),)))
    if operator in ("eq", "le", "lt"):
        found.append(Fragment("file_row_number < ?", (marks.end(value),)))
    return found


def spelled(table: Table, recipe: KeyRecipe, key: str) -> tuple[list[str], list[object]] | None:
    """Conditions that the row with this key alone fulfils; None where no row can have it."""
    if len(key) > LONGEST:
        return None
    values = recipe.decode(key)
    parts = key.split(SEPARATOR)
    if values is None or str(values[-1]) != parts[-1]:
        return None
    conditions, params = [f"{name(ORDINAL)} = ?"], [values[-1]]
    for (column, kind), part, value in zip(recipe.columns, parts, values, strict=False):
        if part == NULL:
            conditions.append(f"{name(column)} IS NULL")
            continue
        conditions.append(f"{name(column)} = {stored(kind)}")
        params.append(value)
        for near in between(table, column, "eq", value):
            conditions.append(near.text)
            params += near.params
        if kind.is_integer and str(value) != part:
            return None
        if not kind.is_integer and kind.parse is not str:
            conditions.append(f"{kind.text.format(name(column))} = ?")
            params.append(decode_part(part))
    return conditions, params


def stored(kind: ColumnType) -> str:
    """A parameter in the spelling in which the column is stored."""
    return f"?::{kind.cast}::{kind.stored}"
