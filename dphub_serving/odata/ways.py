"""Navigation from one entity -> which rows of the target belong to it, as a condition on them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from dphub_serving.odata import numbers, operators, values
from dphub_serving.odata.bound import Column, Constant, Expression
from dphub_serving.odata.edm import EntityType, NavigationProperty, Property
from dphub_serving.odata.query import Filter, Query
from dphub_serving.odata.values import Value

# Values as JSON writes them; numbers stay the texts that they are.
Values = Mapping[str, str | bool | None]


def read_for(way: NavigationProperty, entity_type: EntityType, found: Filter) -> Query:
    """What has to be read of the entity that `found` finds, to know where the way leads."""
    names = tuple(dict.fromkeys(left for left, _ in way.keys))
    select = tuple(prop for name in names if (prop := entity_type.find(name)))
    return Query(
        type=entity_type,
        select=select,
        selected=names,
        order=(),
        skip=0,
        top=1,
        page=1,
        count=False,
        filter=found,
    )


def equal(terms: Sequence[tuple[Property, Value]], now: dt.datetime) -> Filter:
    """The rows with these values."""
    found = [_term(prop, value) for prop, value in terms]
    return Filter(operators.junction("and", found), "", now, volatile=False)


def _term(prop: Property, value: Value) -> Expression:
    kind = numbers.of_property(prop)
    given = Constant(value, kind)
    if numbers.is_number(kind):
        assert isinstance(value, int | Decimal), "no float is a key"
        exact = Decimal(value)
        given = Constant(exact, numbers.of_literal(exact))
    found = operators.comparison("eq", Column(prop, kind), given)
    assert found, "values are of the type of their property"
    return found


def met(
    way: NavigationProperty, target: EntityType, row: Values, now: dt.datetime
) -> Filter | None:
    """The rows that the way leads to; None where a null leads nowhere."""
    terms = []
    for left, right in way.keys:
        value, prop = row[left], target.find(right)
        assert prop, "navigation leads over properties"
        if value is None:
            return None
        text = str(value).lower() if isinstance(value, bool) else value
        # A decimal may meet a whole number: bind decides by the value.
        edm = "Edm.Decimal" if numbers.is_number(numbers.of_property(prop)) else prop.type.edm
        terms.append((prop, values.from_text(text, edm)))
    return equal(terms, now)


def both(found: Filter, asked: Filter | None) -> Filter:
    """The rows that are found, as far as they are asked for."""
    if asked is None:
        return found
    condition = operators.junction("and", [found.condition, asked.condition])
    return replace(asked, condition=condition)


def within(query: Query, found: Filter) -> Query:
    """The same of these rows only."""
    return replace(query, filter=both(found, query.filter))
