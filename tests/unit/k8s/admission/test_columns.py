"""What is published, under which key, in which order."""

from typing import Any

import pytest

from tests.factories import changed, product
from tests.unit.k8s.admission.documents import TWO, column, key, three
from tests.unit.k8s.admission.refusal import is_refused

COLUMN = "spec.entity.columns.1"


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (
            changed(TWO, "spec.entity.name", "My Order"),
            "spec.entity.name",
            "InvalidName",
            "such as 'My_Order'",
        ),
        (product(api={"resource": "1x"}), "spec.api.resource", "InvalidName", "such as '_1x'"),
        (column(name="a b"), "spec.entity.columns[1].name", "InvalidName", "such as 'a_b'"),
        (column(name="a" * 129), "spec.entity.columns[1].name", "InvalidName", "at most 128"),
        (column(name=""), "spec.entity.columns[1].name", "InvalidName", "no name in OData"),
        (column(name="_Ordinal"), "spec.entity.columns[1].name", "Reserved", "hub uses itself"),
        (
            column(name="file_row_number"),
            "spec.entity.columns[1].name",
            "Reserved",
            "hub uses itself",
        ),
        (column(name="ID"), "spec.entity.columns[1].name", "Duplicate", "columns[0]"),
        (column(type="strng"), "spec.entity.columns[1].type", "UnknownType", "mean 'string'?"),
        (column(type="decimal"), "spec.entity.columns[1].type", "UnknownType", "decimal(18,2)"),
        (column(source="item"), "spec.entity.columns[1].source", "InvalidSource", "alias.column"),
        (column(source="orders."), "spec.entity.columns[1].source", "InvalidSource", "alias"),
        (
            column(source="order.item"),
            "spec.entity.columns[1].source",
            "UnknownSource",
            "did you mean 'orders'?",
        ),
        (
            changed(three(("a", "b"), ("b", "c"), how="semi"), f"{COLUMN}.source", "c.item"),
            "spec.entity.columns[1].source",
            "NotPublishable",
            "only filters its left side; see joins[0], how: semi",
        ),
    ],
)
def test_a_column_that_cannot_be_published_is_refused(
    document: Any, path: str, reason: str, message: str
) -> None:
    is_refused(document, path, reason, message)


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (
            changed(TWO, "spec.entity.key_column", "itm"),
            "spec.entity.key_column",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (column(generated=True), "spec.entity.columns[1].generated", "NotTheKey", "'id'"),
        (
            key(generated=True, source="orders.id"),
            "spec.entity.columns[0].source",
            "GeneratedWithSource",
            "'orders.id'",
        ),
        (key(generated=True, type="date"), "spec.entity.columns[0].type", "NoTypeOfAKey", "uuid"),
        (key(type="double"), "spec.entity.columns[0].type", "NoTypeOfAKey", "use string"),
        (key(nullable=True), "spec.entity.columns[0].nullable", "NullableKey", "never null"),
        (
            product(columns={"id": {"type": "string", "generated": True}}),
            "spec.entity.columns",
            "Empty",
            "from the other columns",
        ),
        (
            changed(TWO, "spec.entity.sort", ["itm"]),
            "spec.entity.sort[0]",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (
            changed(TWO, "spec.entity.sort", ["id"]),
            "spec.entity.sort[0]",
            "UnknownColumn",
            "known: item",
        ),
        (
            changed(TWO, "spec.entity.sort", ["item", "item"]),
            "spec.entity.sort[1]",
            "Duplicate",
            "there twice",
        ),
        (
            product(odata={"max_top": 10, "default_top": 20}),
            "spec.odata.default_top",
            "OutOfRange",
            "default_top is more than max_top; found 20 and 10",
        ),
    ],
)
def test_a_key_an_order_or_pages_that_cannot_be_are_refused(
    document: Any, path: str, reason: str, message: str
) -> None:
    is_refused(document, path, reason, message)
