"""Expressions of rules: what DuckDB's own parser says they are, and nothing but what is listed.

An expression stands in SQL as it was written; it may only look at the columns of its own row.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import duckdb

from dphub_assets.build.text import commas, name
from dphub_k8s.api.entity import Entity

# Of DuckDB's tree: no subquery, window, star, parameter, lambda.
_CLASSES = """
    BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION OPERATOR TYPE
"""
CLASSES = frozenset(_CLASSES.split())
# Scalar, without side effects, the same for the same row, and no text that grows beyond measure.
_FUNCTIONS = """
    + - * / // % ** ^ || ~~ !~~ ~~* !~~* ~~~ & | ~ << >>
    abs ceil ceiling exp floor greatest least ln log log10 log2 mod pow power round sign sqrt trunc
    isfinite isinf isnan ifnull nullif
    contains ends_with instr lcase left length len lower ltrim position prefix regexp_extract
    regexp_full_match regexp_matches regexp_replace replace reverse right rtrim starts_with
    strlen strpos substr substring suffix trim ucase upper concat
    date_diff datediff date_part date_trunc datetrunc datepart day dayofmonth dayofweek dayofyear
    epoch epoch_ms hour isodow isoyear last_day make_date minute month quarter second strftime week
    weekday year to_days to_hours to_minutes to_months to_seconds to_weeks to_years
    array_contains array_extract array_length list_contains list_extract list_has list_value row
    struct_extract
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())


class Inadmissible(ValueError):
    """What is wrong with an expression, for the person who wrote it."""


def condition(text: str) -> str:
    """As a part of a statement; an end-of-line comment in it ends there."""
    return f"(\n{text}\n)"


def require_admissible(connection: duckdb.DuckDBPyConnection, text: str, entity: Entity) -> None:
    """One condition on the stored columns of a row. Raises Inadmissible."""
    tree = _parsed(connection, text)
    columns = {column.name.lower(): column.name for column in entity.stored}
    for node in _nodes(tree):
        kind = node["class"]
        if kind not in CLASSES:
            raise Inadmissible(f"{_said(kind)} is not possible in a rule")
        if kind == "FUNCTION":
            _require_listed(node)
        if kind == "COLUMN_REF" and node["column_names"][0].lower() not in columns:
            raise Inadmissible(_unknown(node["column_names"][0], list(columns.values())))
    _require_boolean(connection, text, entity)


def _parsed(connection: duckdb.DuckDBPyConnection, text: str) -> Mapping[str, Any]:
    document = _read(connection, condition(text))
    statements = document["statements"]
    node = statements[0]["node"]
    plain = {"select_list", "from_table", "type", "aggregate_handling", "cte_map", "modifiers"}
    more = [key for key, value in node.items() if value and key not in plain]
    if (
        len(statements) != 1
        or node["type"] != "SELECT_NODE"
        or len(node["select_list"]) != 1
        or more
        or node["modifiers"]
        or node["cte_map"]["map"]
        or node["from_table"]["type"] != "BASE_TABLE"
    ):
        raise Inadmissible("one condition is wanted")
    # Alone it is one too: a) OR (b is none, and would mean another thing with more behind it.
    _read(connection, f"{text}\n")
    tree: Mapping[str, Any] = node["select_list"][0]
    return tree


def _read(connection: duckdb.DuckDBPyConnection, text: str) -> Mapping[str, Any]:
    query = f"SELECT {text} FROM published"
    (found,) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchone() or ("{}",)
    document: Mapping[str, Any] = json.loads(found)
    if document.get("error"):
        told = str(document.get("error_message")).partition("\n")[0]
        raise Inadmissible(f"it is no SQL condition: {told}")
    return document


def _nodes(tree: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        elif "node" in tree:
            raise Inadmissible("a subquery is not possible in a rule")
        for inner in tree.values():
            yield from _nodes(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)


def _require_listed(node: Mapping[str, Any]) -> None:
    function = str(node["function_name"]).lower()
    if function not in FUNCTIONS or node["schema"] or node["catalog"]:
        words = sorted(each for each in FUNCTIONS if each[0].isalpha())
        near = get_close_matches(function, words, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise Inadmissible(f"the function {function!r} is not possible in a rule{hint}")
    if node.get("order_bys", {}).get("orders") or node.get("filter") or node.get("distinct"):
        raise Inadmissible(f"{function!r} is no aggregate")


def _require_boolean(connection: duckdb.DuckDBPyConnection, text: str, entity: Entity) -> None:
    """Types fit, and what comes out is true or false: asked of an empty table."""
    columns = commas(f"CAST(NULL AS {c.kind.stored}) AS {name(c.name)}" for c in entity.stored)
    query = f"DESCRIBE SELECT {condition(text)} FROM (SELECT {columns}) AS published"
    try:
        (found,) = connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise Inadmissible(str(error).partition("\n")[0]) from error
    if found[1] != "BOOLEAN":
        raise Inadmissible(f"it is {found[1]}; a condition is wanted, true or false")


def _unknown(found: str, known: list[str]) -> str:
    near = get_close_matches(found.lower(), [each.lower() for each in known], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{found!r} is no stored column of the entity{hint} (known: {', '.join(known)})"


def _said(kind: str) -> str:
    return f"a {kind.lower().replace('_', ' ')}"
