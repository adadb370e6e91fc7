"""Products that lead to each other, built and served: sales with its items, and customers."""

from pathlib import Path
from typing import Any

import polars as pl

from dphub_k8s.admission import admit
from dphub_k8s.api.product import DataProduct
from tests import build_products, factories

ORDERS = pl.DataFrame(
    {
        "number": [1, 2, 3, 4],
        "customer": [10, 20, 10, None],
        "total": [5.0, 7.5, None, 1.0],
    }
)
ITEMS = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e"],
        "order": [1, 1, 1, 2, 9],
        "price": [2.0, 1.0, 2.0, 7.5, 0.5],
    }
)
CUSTOMERS = pl.DataFrame(
    {"id": [10, 20, 30], "name": ["Ann", "Bob", "Cy"], "referrer": [None, 10, 20]}
)


def way(name: str, target: str, left: str, right: str, multiplicity: str) -> dict[str, Any]:
    keys = [{"left": left, "right": right}]
    return {"name": name, "target": target, "keys": keys, "multiplicity": multiplicity}


def leading(document: dict[str, Any], *ways: dict[str, Any]) -> DataProduct:
    return admit(factories.changed(document, "spec.entity.navigation", list(ways)))


def sales(**spec: Any) -> DataProduct:
    items = {"path": "items.parquet", "publish": {"entitySet": "Items", "key": "id"}}
    # No customer has the number of an order: the join leaves out none.
    keys = [{"left": "customer", "right": "order"}]
    document = factories.product(
        "sales",
        sources={"orders": {"path": "orders.parquet"}, "items": items},
        joins=[{"left": "orders", "right": "items", "how": "anti", "keys": keys}],
        columns={"number": "long", "customer": "long", "total": "double"},
        key="number",
        entity="Order",
        api={"resource": "Orders"},
        **spec,
    )
    return leading(
        document,
        way("items", "sales/Items", "number", "order", "many"),
        way("buyer", "customers", "customer", "id", "zeroOrOne"),
    )


def customers(**spec: Any) -> DataProduct:
    return leading(
        factories.product(
            "customers",
            sources=["customers"],
            columns={"id": "long", "name": "string", "referrer": "long"},
            entity="Customer",
            api={"resource": "Customers"},
            **spec,
        ),
        way("orders", "sales", "id", "customer", "many"),
        way("referrer_", "customers", "referrer", "id", "zeroOrOne"),
        way("referred", "customers", "id", "referrer", "many"),
    )


def publish(root: Path, *products: DataProduct) -> None:
    frames = {"orders": ORDERS, "items": ITEMS, "customers": CUSTOMERS}
    build_products.write(root, frames)
    publish_only(root, *products)


def publish_only(root: Path, *products: DataProduct) -> None:
    """From sources that are there."""
    made = build_products.builder(root)
    for product in products:
        build_products.build(made, product)
