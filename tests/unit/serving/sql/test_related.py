"""What is asked of rows where they lie, and what needs them packed."""

import pytest

from dphub_k8s.api.types import parse_type
from dphub_serving.odata import expressions, parser
from dphub_serving.odata.bound import Quantified
from dphub_serving.odata.edm import EntitySet, EntityType, NavigationProperty, Property
from dphub_serving.sql import related

KINDS = {"id": "long", "name": "string", "tags": "list<string>", "price": "double"}
PROPERTIES = tuple(Property(each, parse_type(kind)) for each, kind in KINDS.items())
ITEM = EntityType("n", "Item", ("id",), PROPERTIES)
WAY = NavigationProperty("items", "n.Item", "Items", (("id", "id"),), collection=True)
ORDER = EntityType(
    "n",
    "Order",
    ("id",),
    PROPERTIES,
    navigation=(WAY,),
    neighbours={"Items": EntitySet("Items", ITEM)},
)


def asked(text: str) -> related.Rows | None:
    scope = expressions.Scope(ORDER, "$filter", {})
    found = expressions.condition(parser.expression(text, "$filter"), scope)
    assert isinstance(found, Quantified)
    return related.rows(found)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("items/any()", ()),
        ("items/any(i:i/price gt price)", ("price",)),
        ("items/all(i:contains(i/name,name) and i/price in (1,2))", ("name", "price")),
        ("items/$filter(price gt 2)/any(i:i/name eq 'a')", ("name", "price")),
    ],
)
def test_the_columns_that_are_read(text: str, fields: tuple[str, ...]) -> None:
    found = asked(text)
    assert found
    assert found.fields == fields


@pytest.mark.parametrize(
    "text",
    [
        "items/any(i:i/tags/any(t:t eq 'a'))",
        "items/any(i:1 div i/id eq 1)",
        "items/any(i:matchesPattern(i/name,i/name))",
        "items/any(i:i ne null)",
        "tags/any(t:t eq 'a')",
    ],
)
def test_what_may_fail_or_looks_at_whole_members(text: str) -> None:
    assert asked(text) is None
