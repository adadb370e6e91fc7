"""A value inside an entity as JSON: `{"value":…}`, of a collection with `$count` also `"count":…`
before it, or `{}` where a place lies outside its collection.
"""

import re

from dphub_serving.odata.query import Inside
from dphub_serving.sql import json, omitting
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.json import Field, Style
from dphub_serving.sql.statement import text

# A text is repeated where JSON is made of it, and its parameters with it: each says which it is.
_GIVEN = "?/*{}*/::BIGINT"
_WHICH = re.compile(r"\?/\*([0-9]+)\*/::BIGINT")


def row(asked: Inside, column: str, style: Style) -> Fragment:
    """`column` is SQL for the property in which the value is."""
    given: list[int] = []

    def parameter(value: int) -> str:
        given.append(value)
        return _GIVEN.format(len(given) - 1)

    _, *steps = asked.member.steps
    conditions = []
    for step in steps:
        if isinstance(step, str):
            column = f"struct_extract({column}, {text(step)})"
            continue
        # From zero on, or from the end: DuckDB counts from one, and from minus one.
        place = step + 1 if step >= 0 else step
        conditions.append(f"coalesce(len({column}), 0) >= {parameter(abs(place))}")
        column = f"list_extract({column}, {parameter(place)})"
    size = f"coalesce(len({column}), 0)"
    if asked.member.type.item and (asked.skip or asked.top is not None):
        first = f"list_slice({column}, {parameter(asked.skip + 1)}, {size})"
        column = first if asked.top is None else f"({first})[1:{parameter(asked.top)}]"
    found = _value(asked, column, size, style)
    if conditions:
        found = f"CASE WHEN {' AND '.join(conditions)} THEN {found} ELSE '{{}}' END"
    return Fragment(found, tuple(given[int(each)] for each in _WHICH.findall(found)))


def _value(asked: Inside, column: str, size: str, style: Style) -> str:
    if asked.member.part == "size":
        return json.row([("value", size)])
    field = Field(asked.member.type, column, asked.member.names)
    count = [("count", f"{size}::VARCHAR" if style.ieee754 else size)] if asked.count else []
    if not style.omit:
        return json.row([*count, ("value", json.value(field, style))])
    before = f"rtrim({json.row(count)}, '}}') || ','" if count else "'{'"
    return f"{before} || '\"value\":' || coalesce({omitting.value(field, style)}, 'null') || '}}'"
