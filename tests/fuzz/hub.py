"""What random requests are sent to: rows that lead to each other, and to a published source."""

from pathlib import Path

import duckdb

from dphub_k8s.admission import admit
from tests import build_products, factories
from tests.fuzz import urls

NAMES = ("rows", "parts")


def publish(root: Path) -> Path:
    """The home of a hub with the product, built from files in `root`."""
    for name, query in zip(NAMES, (urls.ROWS, urls.PARTS), strict=True):
        duckdb.sql(f"COPY ({query}) TO '{root / name}.parquet' (FORMAT parquet)")
    parts = {"path": "parts.parquet", "publish": {"entitySet": "Parts", "key": "id"}}
    # No row has the negative number that every part has: the join leaves out none.
    keys = [{"left": "n", "right": "none"}]
    document = factories.product(
        "rows",
        sources={"rows": {"path": "rows.parquet"}, "parts": parts},
        joins=[{"left": "rows", "right": "parts", "how": "anti", "keys": keys}],
        columns=urls.COLUMNS,
        entity="Row",
        api={"resource": "Rows"},
    )
    ways = [
        {"name": "parts", "target": "rows/Parts", "multiplicity": "many", "keys": _keys("row")},
        {"name": "after", "target": "rows", "multiplicity": "zeroOrOne", "keys": _keys("before")},
        {"name": "alike", "target": "rows", "multiplicity": "many", "keys": _keys("b", "b")},
    ]
    product = admit(factories.changed(document, "spec.entity.navigation", ways))
    build_products.build(build_products.builder(root), product)
    return root / "home"


def _keys(right: str, left: str = "n") -> list[dict[str, str]]:
    return [{"left": left, "right": right}]
