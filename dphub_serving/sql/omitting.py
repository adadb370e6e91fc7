"""Rows without their nulls (`Prefer: omit-values`), put together as text.

`to_json` writes every field of a struct; and it would read a JSON inside another one again, which
costs decimals their digits.
"""

import json as texts
from collections.abc import Iterable

from dphub_serving.sql import json
from dphub_serving.sql.json import Field, Style
from dphub_serving.sql.statement import text


def row(
    first: Iterable[tuple[str, str]],
    properties: Iterable[Field],
    last: Iterable[tuple[str, str]],
    style: Style,
) -> str:
    """`first` and `last` are names and the SQL of values that are never null."""
    members = [_member(each, style, 0) for each in properties]
    return _object([*_pieces(_known(first)), *members, *_pieces(_known(last))])


def value(field: Field, style: Style, depth: int = 0) -> str:
    """The JSON text of a stored value, or NULL."""
    kind, column = field.type, field.column
    if kind.item and (kind.item.item or kind.item.fields):
        each = f"each_{depth}"
        inner = value(Field(kind.item, each, field.path), style, depth + 1)
        items = f"list_transform({column}, lambda {each}: coalesce({inner}, 'null'))"
        return f"'[' || coalesce(array_to_string({items}, ','), '') || ']'"
    if kind.fields:
        own = _pieces(_known(json.type_of(field, style)))
        parts = [_member(each, style, depth) for each in json.parts(field)]
        return f"CASE WHEN {column} IS NOT NULL THEN {_object([*own, *parts])} END"
    return f"nullif(to_json({json.value(field, style, depth)})::VARCHAR, 'null')"


def _member(field: Field, style: Style, depth: int) -> str:
    """With a comma before it, or NULL."""
    named = [*json.type_before(field, style), (field.path[-1], value(field, style, depth))]
    return " || ".join(_pieces([*_known(named[:-1]), named[-1]]))


def _known(members: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, f"to_json({value})::VARCHAR") for name, value in members]


def _pieces(members: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{text(f',{texts.dumps(n, ensure_ascii=False)}:')} || {v}" for n, v in members]


def _object(pieces: list[str]) -> str:
    """`concat` passes over what is NULL."""
    every = ", ".join(pieces) or "''"
    return f"'{{' || substr(concat({every}), 2) || '}}'"
