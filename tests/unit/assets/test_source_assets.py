"""Sources in Dagster."""

import pytest

from dphub_assets.graph import translator
from dphub_k8s.api.sources import Source


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("a.parquet", {"parquet"}),
        ("v/*.tsv.gz", {"csv"}),
        ("http://h/x.jsonl?y=.csv", {"json"}),
        ("t", set()),
    ],
)
def test_a_source_asset_shows_its_format(path: str, kinds: set[str]) -> None:
    spec = translator.source_spec(Source(path=path))
    assert spec.kinds == kinds
    assert spec.metadata.get("dagster/uri") == (path if "://" in path else None)
    assert translator.source_spec(Source(path=path, format="delta")).kinds == {"delta"}
