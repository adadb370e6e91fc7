"""Which columns a row's JSON needs, and how it is put together."""

from dataclasses import dataclass

from dphub_k8s.api.keys import ORDINAL, KeyRecipe
from dphub_serving.odata import numbers
from dphub_serving.odata.bound import BOOLEAN, NULL, STRING, WIDE, Computed, Type
from dphub_serving.odata.edm import Property
from dphub_serving.odata.query import Asked
from dphub_serving.sql import json, omitting
from dphub_serving.sql.json import PLAIN, Field, Style
from dphub_serving.sql.statement import computed_name, name, text
from dphub_serving.sql.table import KEY_TEXT, Table

# No JSON has it: control characters are escaped there.
BEHIND = "\x1e"


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows are written: `id` is the name of the control information that names an entity whose
    key is not among the properties, or None where it is not owed; `entity_set` begins its value.
    `edit` is the name of the link that metadata=full has beside the id.
    `type` is the name of the control information that names the type of a computed property, or
    None, and `hash` stands before such a type; `count` is that of the number of members.
    `links` are the names of what each of the navigation properties `ways` has, where they are
    shown, and what stands behind the property in each.
    The values of the columns `behind` follow the JSON, and the address with them if `addressed`, or
    if the JSON does not tell it, see `followed`."""

    entity_set: str
    id: str | None = None
    style: Style = PLAIN
    edit: str | None = None
    type: str | None = None
    hash: str = "#"
    count: str = "@odata.count"
    links: tuple[tuple[str, str], ...] = ()
    ways: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    addressed: bool = False


def owes_id(asked: Asked, shape: Shape) -> bool:
    return shape.id is not None and (shape.edit is not None or not asked.has_key)


def addressed(asked: Asked, shape: Shape) -> bool:
    """Whether the address follows the JSON, from which what is brought along goes on."""
    return shape.addressed or (bool(shape.behind) and shape.id is None and not asked.has_key)


def row(table: Table, asked: Asked, shape: Shape, key: str | None = None) -> str:
    """The JSON of a row; `key` is SQL for the key where that is known already."""
    key_sql = key or table.key_sql()
    known, types = [], shape.style.types
    if types:
        known.append((types.control, text(types.entity)))
    literal = json.key_literal(table.types[table.key], key_sql)
    address = f"{text(shape.entity_set + '(')} || {literal} || ')'"
    if owes_id(asked, shape):
        known += [(each, address) for each in (shape.id, shape.edit) if each]
    leading = [
        (way + control, f"{address} || {text(f'/{way}{rest}')}")
        for way in shape.ways
        if asked.selected is None or way in asked.selected
        for control, rest in shape.links
    ]
    fields = [
        _field(each, key_sql if each.name == table.key else None, shape, table)
        for each in asked.select
    ]
    behind = address if addressed(asked, shape) else None
    if shape.style.omit:
        return followed(omitting.row(known, fields, leading, shape.style), shape, behind)
    members = [member for each in fields for member in json.members(each, shape.style)]
    return followed(json.row([*known, *members, *leading]), shape, behind)


def without_key(table: Table, asked: Asked, shape: Shape) -> str:
    """The JSON of a row but for its key, in plain style."""
    others = [_field(each, None, shape, table) for each in asked.select if each.name != table.key]
    members = [member for each in others for member in json.members(each, shape.style)]
    return followed(json.row(members), shape)


def followed(row: str, shape: Shape, address: str | None = None) -> str:
    """The JSON of a row, BEHIND, and a JSON array with the texts of the columns behind, and the
    address if there is one."""
    if not shape.behind:
        return row
    items = [f"{name(column)}::VARCHAR" for column in shape.behind]
    texts = ", ".join([*items, address] if address else items)
    return f"{row} || chr({ord(BEHIND)}) || to_json([{texts}])::VARCHAR"


def _field(each: Property | Computed, column: str | None, shape: Shape, table: Table) -> Field:
    if not isinstance(each, Computed):
        finite = each.name in table.finite
        return Field(each.type, column or name(each.name), (each.name,), finite=finite)
    computed = computed_name(each.name)
    if each.counts:
        return Field(each.type, computed, (f"{each.counts}{shape.count}",), before=())
    if not each.dynamic:
        return Field(each.type, computed, (each.name,))
    told = _told(each.type) if shape.type else None
    before = ((f"{each.name}{shape.type}", text(f"{shape.hash}{told}")),) if told else ()
    return Field(each.type, computed, (each.name,), before)


def _told(kind: Type) -> str | None:
    """The type of a dynamic property, unless its JSON says it (JSON Format 4.01, section 4.6.3)."""
    if kind.item:
        return None if kind.item == NULL else f"Collection({_edm(kind.item)})"
    return None if kind in (STRING, BOOLEAN, NULL) else _edm(kind)


def _edm(kind: Type) -> str:
    if kind.edm == WIDE:
        return "Int64" if kind.digits < numbers.MOST_OF_INT64 else "Decimal"
    return kind.edm.removeprefix("Edm.")


def reading(
    table: Table,
    asked: Asked,
    shape: Shape,
    rest: str,
    more: tuple[str, ...] = (),
    *,
    key_known: bool = False,
    source: str | None = None,
) -> str:
    """A relation of the columns that `row` needs: the text of a spelled key is made once per row.

    `source` has the rows, where these are not all; `rest` is what follows it, `more` are further
    items of the select list.
    """
    names = {each.name for each in asked.select if not isinstance(each, Computed)}
    names |= {*shape.behind}
    more = (*(computed_name(each.name) for each in asked.shown), *more)
    owed = owes_id(asked, shape) or addressed(asked, shape)
    keyed = not key_known and (table.key in names or owed)
    recipe = table.spelled if keyed else None
    if table.spelled:
        names.discard(table.key)
    if recipe is None:
        columns = [each for each in table.types if each in names or (keyed and each == table.key)]
        return f"(SELECT {_items(columns, more) or 'NULL'} FROM {source or table.source()}{rest})"
    inner = spelled_from(recipe, source or table.source(), rest, more)
    return f"(SELECT *, {recipe.text_sql()} AS {KEY_TEXT} FROM {inner})"


def spelled_from(recipe: KeyRecipe, source: str, rest: str, more: tuple[str, ...]) -> str:
    """A relation of the columns that a key is spelled from: of all that is published."""
    columns = [*(each for each, _ in recipe.columns), ORDINAL]
    return f"(SELECT {_items(columns, more)} FROM {source}{rest})"


def _items(columns: list[str], more: tuple[str, ...]) -> str:
    return ", ".join([*map(name, columns), *more])
