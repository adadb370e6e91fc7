"""Casts of values of any depth: a list and a struct are taken apart, and every leaf is cast as
`cast` says. Fields that are not declared stay unpublished, as columns do.

A text, such as one of JSON, becomes a nested value only if it has no fields but the declared ones.
"""

from collections.abc import Iterator

import duckdb

from dphub_assets.build import cast as scalar
from dphub_assets.build.text import commas, literal, name
from dphub_assets.sources.relation import NOTHING
from dphub_k8s.api.types import ColumnType


def can_become(source_type: str, kind: ColumnType) -> bool:
    """Whether some values of the source type can be cast at all."""
    if source_type == NOTHING:
        return True
    if not kind.is_nested:
        return scalar.can_become(source_type, kind)
    if scalar.family(source_type) in scalar.TEXTS:
        return True
    if kind.item:
        inner = _item(source_type)
        return inner is not None and can_become(inner, kind.item)
    there = _fields(source_type)
    return all(
        field.lower() in there and can_become(there[field.lower()][1], inner)
        for field, inner in kind.fields
    )


def cast(expression: str, source_type: str, kind: ColumnType) -> str:
    """DuckDB: the value as it is stored, for values that fit."""
    return _cast(expression, source_type, kind, 0)


def misfit(expression: str, source_type: str, kind: ColumnType) -> str | None:
    """DuckDB: whether a value does not fit; None where every value does."""
    return _misfit(expression, source_type, kind, 0)


def _cast(value: str, source_type: str, kind: ColumnType, depth: int) -> str:
    if source_type == NOTHING:
        return f"CAST({value} AS {kind.stored})"
    if not kind.is_nested:
        return scalar.cast(value, source_type, kind)
    value, source_type = _taken_apart(value, source_type, kind)
    if kind.item:
        inner = _cast(_each(depth), _item(source_type) or "", kind.item, depth + 1)
        return f"list_transform({value}, lambda {_each(depth)}: {inner})"
    packed = commas(
        f"{name(field)} := {_cast(inner, there, kind_, depth)}"
        for field, inner, there, kind_ in _leaves(value, source_type, kind)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"


def _misfit(value: str, source_type: str, kind: ColumnType, depth: int) -> str | None:
    if source_type == NOTHING:
        return None
    if not kind.is_nested:
        return scalar.misfit(value, source_type, kind)
    read, read_type = _taken_apart(value, source_type, kind)
    faults = [] if read == value else [f"{read} IS NULL", _strange(_json(value), kind)]
    if kind.item:
        inner = _misfit(_each(depth), _item(read_type) or "", kind.item, depth + 1)
        if inner:
            told = f"list_transform({read}, lambda {_each(depth)}: coalesce({inner}, false))"
            faults.append(f"coalesce(list_contains({told}, true), false)")
    for _, inner, there, kind_ in _leaves(read, read_type, kind):
        if fault := _misfit(inner, there, kind_, depth):
            faults.append(f"coalesce({fault}, false)")
    return f"{value} IS NOT NULL AND ({' OR '.join(faults)})" if faults else None


def _each(depth: int) -> str:
    return f"each_{depth}"


def _taken_apart(value: str, source_type: str, kind: ColumnType) -> tuple[str, str]:
    """A text becomes lists and structs of texts, so that leaves are cast, and checked, as texts."""
    if scalar.family(source_type) not in scalar.TEXTS:
        return value, source_type
    shape = _of_texts(kind)
    return f"TRY_CAST({_json(value)} AS {shape})", shape


def _json(value: str) -> str:
    return f"TRY_CAST({value} AS JSON)"


def _strange(value: str, kind: ColumnType, depth: int = 0) -> str:
    """DuckDB: whether JSON has no list, no object, or other fields where the type has one: a cast
    would pass over it in silence."""
    wanted, inner = "OBJECT", []
    if kind.item:
        wanted, one = "ARRAY", f"json_{depth}"
        if kind.item.is_nested:
            strange = _strange(one, kind.item, depth + 1)
            told = f"list_transform(TRY_CAST({value} AS JSON[]), lambda {one}: {strange})"
            inner.append(f"coalesce(list_contains({told}, true), false)")
    else:
        keys, known = f"json_keys({value})", commas(literal(field) for field, _ in kind.fields)
        inner.append(f"NOT coalesce(list_has_all([{known}], {keys}), true)")
        inner.append(f"coalesce(len({keys}) <> len(list_distinct({keys})), false)")
        for field, kind_ in kind.fields:
            if kind_.is_nested:
                there = f"json_extract({value}, {literal(f'$.{name(field)}')})"
                inner.append(_strange(there, kind_, depth))
    other = f"coalesce(json_type({value}) NOT IN ('{wanted}', 'NULL'), false)"
    return f"({' OR '.join([other, *inner])})"


def _of_texts(kind: ColumnType) -> str:
    if kind.item:
        return f"{_of_texts(kind.item)}[]"
    if kind.fields:
        return f"STRUCT({commas(f'{name(n)} {_of_texts(inner)}' for n, inner in kind.fields)})"
    return "VARCHAR"


def _leaves(
    value: str, source_type: str, kind: ColumnType
) -> Iterator[tuple[str, str, str, ColumnType]]:
    """Of every declared field: its name, SQL of its value, the type that this has, the declared."""
    there = _fields(source_type) if kind.fields else {}
    for field, inner in kind.fields:
        named, type_there = there[field.lower()]
        yield field, f"struct_extract({value}, {literal(named)})", type_there, inner


def _item(source_type: str) -> str | None:
    found = duckdb.sqltype(source_type)
    return str(found.children[0][1]) if found.id in ("list", "array") else None


def _fields(source_type: str) -> dict[str, tuple[str, str]]:
    """By name in lower case: the name as it is there, and the type."""
    found = duckdb.sqltype(source_type)
    if found.id != "struct":
        return {}
    return {field.lower(): (field, str(kind)) for field, kind in found.children}
