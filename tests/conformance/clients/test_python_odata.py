"""python-odata, from PyPI: entities are made of `$metadata`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from odata import ODataService

from tests.conformance.clients.conftest import PAGE, ROWS


@pytest.fixture
def client(root: str) -> Iterator[ODataService]:
    with requests.Session() as session:
        yield ODataService(root, reflect_entities=True, session=session, quiet_progress=True)


@pytest.fixture
def orders(client: ODataService) -> Any:
    return client.entities["Rows"]


def test_it_finds_the_set_and_its_properties(client: ODataService, orders: Any) -> None:
    assert set(client.entities) >= {"Rows"}
    row = client.query(orders).filter(orders.number == 1).first()
    assert row.item == "it's b"
    assert (row.number, row.paid, row.customer) == (1, False, 1)
    assert row.price == Decimal("1.25")
    assert row.day == "2024-03-01"


def test_it_follows_every_page(client: ODataService, orders: Any) -> None:
    numbers = [row.number for row in client.query(orders)]
    assert numbers == list(range(ROWS))
    assert ROWS > 2 * PAGE


def test_it_filters_orders_limits_and_counts(client: ODataService, orders: Any) -> None:
    chosen = client.query(orders).filter(orders.item.startswith("it's")).filter(orders.paid == True)  # noqa: E712  # fmt: skip
    found = chosen.order_by(orders.number.desc()).limit(3)
    assert [row.number for row in found] == [24, 22, 20]
    assert chosen.count() == 13
    # It knows no dates: a text beside one is read as a date.
    assert client.query(orders).filter(orders.day > "2024-03-20").count() == 4


def test_it_selects(client: ODataService, orders: Any) -> None:
    rows = client.query(orders).select(orders.number, orders.item).limit(1).all()
    assert {name: rows[0][name] for name in ("number", "item")} == {"number": 0, "item": "it's a"}


def test_it_expands(client: ODataService, orders: Any) -> None:
    row = client.query(orders).expand(orders.buyer).filter(orders.number == 4).first()
    assert row.buyer.name == "customer 1"
