"""A real service over a socket, with two products: orders that lead to customers."""

from collections.abc import Iterator

import pytest

from dphub_assets.lake.writer import Lake
from dphub_k8s.api.product import DataProduct
from tests.integration.serving_process import Service, running
from tests.lake_factory import product, publish

PAGE = 10
ROWS = 25
ORDERS = f"""
SELECT i::BIGINT AS number, 'it''s ' || chr((97 + i % 3)::INTEGER) AS item,
    CASE WHEN i % 5 > 0 THEN (i * 1.25)::DECIMAL(9,2) END AS price,
    TIMESTAMPTZ '2024-02-29 23:59:59.5+00' + to_days(i::INTEGER) AS sold,
    DATE '2024-02-29' + i::INTEGER AS day, i % 2 = 0 AS paid, i % 3 AS customer
FROM range({ROWS}) t(i)
"""
COLUMNS = {
    "number": "long",
    "item": "string",
    "price": "decimal(9,2)",
    "sold": "timestamp",
    "day": "date",
    "paid": "bool",
    "customer": "long",
}
CUSTOMERS = "SELECT i::BIGINT AS id, 'customer ' || i AS name FROM range(3) t(i)"


def orders() -> DataProduct:
    policy = {"page_size": PAGE, "default_top": PAGE, "max_top": PAGE}
    own = product(COLUMNS, key="number", generated=None, odata=policy)
    document = own.document()
    keys = [{"left": "customer", "right": "id"}]
    way = {"name": "buyer", "target": "customers", "keys": keys, "multiplicity": "zeroOrOne"}
    document["spec"]["entity"]["navigation"] = [way]
    return DataProduct.model_validate(document)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    lake = Lake.open_at(home / "lake")
    customers = {"id": "long", "name": "string"}
    publish(lake, product(customers, name="customers", key="id", generated=None), CUSTOMERS, "u2")
    publish(lake, orders(), ORDERS)
    with running(home) as started:
        yield started


@pytest.fixture
def root(service: Service) -> str:
    return str(service.http.base_url.join("/odata/orders/"))
