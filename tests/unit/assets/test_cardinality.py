"""What joins promise of how many rows meet."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dphub_assets.build.errors import ChecksFailed
from dphub_assets.graph import translator
from tests import build_products, factories

ONCE = pl.DataFrame({"item": ["a", "b", None, None]})
TWICE = pl.DataFrame({"item": ["a", "a", "b"]})


def joins(cardinality: str) -> list[dict[str, Any]]:
    return [{"left": "l", "right": "r", "on": ["item"], "cardinality": cardinality}]


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        (ONCE, ONCE, {"1:1", "1:n", "n:1", "n:m"}),
        (TWICE, ONCE, {"n:1", "n:m"}),
        (ONCE, TWICE, {"1:n", "n:m"}),
        (TWICE, TWICE, {"n:m"}),
    ],
)
@pytest.mark.parametrize("cardinality", ["1:1", "1:n", "n:1", "n:m"])
def test_a_declared_cardinality_holds_or_blocks(
    tmp_path: Path, left: pl.DataFrame, right: pl.DataFrame, holds: set[str], cardinality: str
) -> None:
    frames = {"l": left, "r": right}
    if cardinality in holds:
        _, snapshot = build_products.built(tmp_path, frames, joins=joins(cardinality))
        told = [verdict.check for verdict in snapshot.document.verdicts]
        assert ("cardinality" in told) == (cardinality != "n:m")
        return
    with pytest.raises(ChecksFailed, match=f"is not {cardinality}: 1 keys .* in 2 rows") as caught:
        build_products.built(tmp_path, frames, joins=joins(cardinality))
    (verdict,) = caught.value.verdicts
    assert "a (2 rows)" in verdict.keys
    sides = zip((left, right), cardinality.split(":"), strict=True)
    assert verdict.violations == 2 * sum(side is TWICE and many == "1" for side, many in sides)


def test_at_most_ten_examples(tmp_path: Path) -> None:
    many = pl.DataFrame({"item": [str(n % 30) for n in range(90)]})
    with pytest.raises(ChecksFailed, match=r"30 keys .* in 90 rows of r") as caught:
        build_products.built(tmp_path, {"l": ONCE, "r": many}, joins=joins("n:1"))
    assert len(caught.value.verdicts[0].keys) == 10


def test_it_is_a_check_where_it_is_declared() -> None:
    for cardinality, there in (("n:1", True), ("n:m", False)):
        product = factories.admitted(sources=["l", "r"], joins=joins(cardinality))
        specs = {spec.name: spec for spec in translator.check_specs(product)}
        assert ("cardinality" in specs) == there
        assert not there or specs["cardinality"].blocking
