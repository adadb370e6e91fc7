"""Column lineage in Dagster's words."""

import dagster as dg

from dphub_assets.graph import translator
from dphub_k8s.api.snapshot import LineageInput
from tests import factories


def test_a_join_column_is_an_input_once() -> None:
    """It is a direct and an indirect one; two aliases of one location are one asset."""
    sources = {"left": {"path": "a.parquet"}, "right": {"path": "a.parquet"}}
    join = {"left": "left", "right": "right", "on": ["place"], "how": "inner"}
    product = factories.admitted(sources=sources, columns={"place": "string"}, joins=[join])
    inputs = tuple(
        LineageInput(source=alias, column="place", kind=kind)
        for alias in sources
        for kind in ("direct", "indirect")
    )
    keys = translator.source_keys(product, {})
    found = translator.column_lineage(keys, {"place": inputs})
    assert found.deps_by_column == {
        "place": [dg.TableColumnDep(dg.AssetKey(["sources", "a.parquet"]), "place")]
    }
