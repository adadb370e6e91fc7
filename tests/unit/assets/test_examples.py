"""The examples, admitted and built without Dagster."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from dphub_assets.build.publish import Builder
from dphub_assets.lake.reader import Snapshot
from dphub_k8s import documents
from dphub_k8s.admission import admit_all
from dphub_k8s.api.product import DataProduct
from dphub_k8s.settings import Settings
from tests import build_products
from tests.factories import ROOT

SCHEDULE, REPORTS = "southafrica-scheduled-outage-dataset", "southafrica-outage-reports"
REPORT = "R00002"


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    home: Path = tmp_path_factory.mktemp("home")
    return Builder.read(Settings.read({"DPHUB_HOME": str(home), "DPHUB_DATA_ROOT": str(ROOT)}))


@pytest.fixture(scope="module")
def built(builder: Builder) -> dict[str, Snapshot]:
    """Both; first the one that is read."""
    products = declared()
    return {name: build_products.build(builder, products[name]) for name in (SCHEDULE, REPORTS)}


def declared() -> dict[str, DataProduct]:
    files = sorted((ROOT / "examples").rglob("*.yaml"))
    found = [(each.document, each.origin) for file in files for each in documents.read(file)]
    products = [each for each in admit_all(found) if isinstance(each, DataProduct)]
    return {product.name: product for product in products}


def test_no_example_is_forgotten() -> None:
    assert set(declared()) == {SCHEDULE, REPORTS}


def test_every_report_is_one_row(built: dict[str, Snapshot]) -> None:
    assert built[REPORTS].document.rows == lines("reports.ndjson")
    assert [source.location for source in built[REPORTS].document.sources][2] == f"{SCHEDULE}@0"


def lines(name: str) -> int:
    return len((ROOT / "examples" / REPORTS / "sample-data" / name).read_text().splitlines())


def test_one_rule_warns_and_no_other(built: dict[str, Snapshot]) -> None:
    verdicts = [each for each in built[REPORTS].document.verdicts if not each.passed]
    assert [(each.check, each.blocking, each.violations) for each in verdicts] == [
        ("rule:explained", False, 180)
    ]
    assert len(verdicts[0].keys) == 10


def test_a_column_comes_out_of_the_other_product(built: dict[str, Snapshot]) -> None:
    lineage = built[REPORTS].document.column_lineage["outage"]
    direct = {(each.source, each.column) for each in lineage if each.kind == "direct"}
    assert direct == {("outages", "id")}


def test_values_are_those_of_the_sources(builder: Builder, built: dict[str, Snapshot]) -> None:
    """One row against polars, which reads the files in its own way."""
    folder = ROOT / "examples" / REPORTS / "sample-data"
    report = pl.read_ndjson(folder / "reports.ndjson", infer_schema_length=None).row(
        by_predicate=pl.col("number") == REPORT, named=True
    )
    place = (pl.col("city") == report["city"]) & (pl.col("suburb") == report["suburb"])
    suburb = pl.read_csv(folder / "meters.csv", separator=";", infer_schema=False).row(
        by_predicate=place, named=True
    )
    row = pl.read_parquet(build_products.rows_file(builder, built[REPORTS])).row(
        by_predicate=pl.col("number") == REPORT, named=True
    )
    assert row["reported"] == datetime.fromisoformat(report["reported"])
    assert row["meter"] == report["meter"]
    assert row["tariff"] == Decimal(suburb["tariff"])
    assert row["customers"] == int(suburb["customers"])
    (visit,) = row["visits"]
    (told,) = report["visits"]
    assert visit["arrived"] == datetime.fromisoformat(told["arrived"])
    assert visit["parts"] == Decimal(told["parts"])
