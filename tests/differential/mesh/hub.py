"""A mesh as products of a real lake."""

from pathlib import Path
from typing import Any

import polars as pl

from dphub_k8s.api.product import DataProduct
from tests import build_products, factories
from tests.differential.mesh.sets import MARK, EntitySet, Product
from tests.unit.serving import related


def publish(root: Path, products: list[Product]) -> Path:
    """The home of a hub that has them."""
    for product in products:
        build_products.write(root, _frames(product))
    related.publish_only(root, *map(_document, products))
    return root / "home"


def _frames(product: Product) -> dict[str, pl.DataFrame]:
    return {
        each.name: pl.DataFrame(
            [kind.series(name, [r[name] for r in each.rows]) for name, kind in each.columns.items()]
        )
        for each in product.sets
    }


def _document(product: Product) -> DataProduct:
    rows, published = product.rows, product.published
    sources: dict[str, Any] = {"rows": {"path": f"{rows.name}.parquet"}}
    joins = []
    if published:
        said = {"entitySet": published.name, "key": published.key}
        sources["more"] = {"path": f"{published.name}.parquet", "publish": said}
        keys = [{"left": MARK, "right": MARK}]
        joins = [{"left": "rows", "right": "more", "how": "anti", "keys": keys}]
    document = factories.product(
        rows.product,
        sources=sources,
        joins=joins,
        columns={name: kind.name for name, kind in rows.columns.items()},
        key=rows.key,
        entity=f"Row{rows.product}",
        api={"resource": rows.name},
    )
    document = factories.changed(document, "spec.entity.sort", list(rows.sort))
    return related.leading(document, *_ways(rows))


def _ways(rows: EntitySet) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "target": _address(way.target),
            "keys": [{"left": left, "right": right} for left, right in way.keys],
            "multiplicity": way.multiplicity,
        }
        for name, way in rows.ways.items()
    ]


def _address(target: EntitySet) -> str:
    own = target.name == f"Set{target.product}"
    return target.product if own else f"{target.product}/{target.name}"
