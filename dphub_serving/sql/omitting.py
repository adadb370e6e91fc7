"""Rows without their nulls (`Prefer: omit-values`), put together as text.

`to_json` writes every field of a struct; and it would read a JSON inside another one again, which
costs decimals their digits.
"""

import json as texts
from collections.abc import Iterable

from dphub_serving.sql import json
from dphub_serving.sql.json import Field, Style
from dphub_serving.sql.statement import text


def row(fields: Iterable[tuple[str, str]], properties: Iterable[Field], style: Style) -> str:
    """`fields` are names and the SQL of values that are never null."""
    first = [(name, f"to_json({value})::VARCHAR") for name, value in fields]
    return _object([*_pieces(first), *(_member(each, style, 0) for each in properties)])


def value(field: Field, style: Style, depth: int = 0) -> str:
    """The JSON text of a stored value, or NULL."""
    kind, column = field.type, field.column
    if kind.item and (kind.item.item or kind.item.fields):
        each = f"each_{depth}"
        inner = value(Field(kind.item, each, field.path), style, depth + 1)
        items = f"list_transform({column}, lambda {each}: coalesce({inner}, 'null'))"
        return f"'[' || coalesce(array_to_string({items}, ','), '') || ']'"
    if kind.fields:
        own = _pieces((n, f"to_json({v})::VARCHAR") for n, v in json.type_of(field, style))
        parts = [_member(each, style, depth) for each in json.parts(field)]
        return f"CASE WHEN {column} IS NOT NULL THEN {_object([*own, *parts])} END"
    return f"nullif(to_json({json.value(field, style, depth)})::VARCHAR, 'null')"


def _member(field: Field, style: Style, depth: int) -> str:
    """With a comma before it, or NULL."""
    named = [*json.type_before(field, style), (field.path[-1], value(field, style, depth))]
    known = [(n, f"to_json({v})::VARCHAR") for n, v in named[:-1]]
    return " || ".join(_pieces([*known, named[-1]]))


def _pieces(members: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{text(f',{texts.dumps(n, ensure_ascii=False)}:')} || {v}" for n, v in members]


def _object(pieces: list[str]) -> str:
    """`concat` passes over what is NULL."""
    every = ", ".join(pieces) or "''"
    return f"'{{' || substr(concat({every}), 2) || '}}'"
