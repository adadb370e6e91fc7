"""What is taken as it is written, and what is put right."""

from pathlib import Path
from typing import Any

import pytest

from dphub_k8s import documents
from dphub_k8s.admission import admit
from tests.factories import EXAMPLE, product
from tests.unit.k8s.admission.documents import column, key, source, three


def test_the_sample_is_accepted_as_it_is_written() -> None:
    (sample,) = documents.read(EXAMPLE)
    found = admit(sample.document, roots=(Path("/data"),))
    assert found.route == "southafrica-scheduled-outage-dataset"
    assert found.spec.backend.joins[0].on == ("provider", "block")
    assert found.document() == sample.document


@pytest.mark.parametrize("name", ["on", "true"])
def test_on_is_accepted_as_every_yaml_reader_gives_it(name: str) -> None:
    join = {"left": "a", "right": "b", name: ["item"]}
    found = admit(product(sources="ab", joins=[join]))
    assert found.spec.backend.joins[0].on == ("item",)


def test_the_smallest_product_and_its_defaults() -> None:
    found = admit(product("my-orders"))
    assert (found.route, found.resource, found.spec.domain) == ("my-orders", "Order", "default")


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"api": {"protocol": "OData"}}, "protocol", "odata"),
        ({"api": {"path": "/orders/"}}, "path", "/orders"),
    ],
)
def test_what_can_be_put_right_is(said: dict[str, Any], field: str, value: str) -> None:
    document = product(**said)
    assert getattr(admit(document).spec.api, field) == value
    assert document == product(**said)


def test_smaller_pages_need_not_be_asked_for_twice() -> None:
    assert admit(product(odata={"max_top": 10})).spec.odata.default_top == 10
    assert "default_top" not in admit(product(odata={"max_top": 200})).document()["spec"]["odata"]


@pytest.mark.parametrize(
    "document",
    [
        source(rename={"a": "b", "b": "a"}),
        source(rename={"a": "a"}),
        column(name="Straße_№"[:6]),
        column(source="orders.a.b"),
        key(type="int", nullable=False),
        three(("b", "a"), ("c", "b")),
        three(("a", "b"), ("b", "c"), how="anti"),
    ],
)
def test_what_looks_odd_and_is_right(document: dict[str, Any]) -> None:
    admit(document)
