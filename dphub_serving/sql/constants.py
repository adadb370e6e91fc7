"""Values of the request as parameters, typed as they are computed."""

import datetime as dt
from decimal import Decimal

from dphub_serving.odata import numbers
from dphub_serving.odata.bound import DOUBLE, SINGLE, TIME, Type
from dphub_serving.odata.values import Value
from dphub_serving.sql.fragment import Fragment, fill, joined, parameter
from dphub_serving.sql.types import sql_type

# From here on a list travels as one parameter.
LONG = 50


def constant(value: Value | None, kind: Type) -> Fragment:
    if value is None:
        return Fragment("NULL" if kind.edm == "null" else f"NULL::{sql_type(kind)}")
    if kind == TIME:
        return Fragment("?::TIME::VARCHAR", (value,))
    return parameter(_native(value, kind), sql_type(kind))


def _native(value: Value, kind: Type) -> object:
    """As DuckDB takes it: a number as the type that it is computed in."""
    if isinstance(value, dt.timedelta):
        return value // dt.timedelta(microseconds=1)
    if not isinstance(value, Decimal):
        return value
    if kind in (DOUBLE, SINGLE):
        return float(value)
    return int(value) if numbers.is_integer(kind) else value


def listed(operand: Fragment, values: tuple[Value, ...], kind: Type, *, inside: bool) -> Fragment:
    if len(values) <= LONG or inside:
        return fill("({0} IN ({1}))", operand, joined(", ", (constant(v, kind) for v in values)))
    native = [_native(each, kind) for each in values]
    cast = "TIME" if kind == TIME else sql_type(kind)
    member = "member::VARCHAR" if kind == TIME else "member"
    rows = Fragment(f"SELECT {member} FROM (SELECT unnest(?::{cast}[]) AS member)", (native,))
    return fill("({0} IN ({1}))", operand, rows)
