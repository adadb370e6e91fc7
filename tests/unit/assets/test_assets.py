"""A product as a Dagster asset: what is recorded when a build succeeds, fails, is refused."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dphub_assets.build.quality import CHECKS
from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.graph import translator
from dphub_assets.graph.assets import product_asset
from dphub_assets.loop import runs
from dphub_k8s.stores.memory import MemoryStore
from tests import build_products, factories

URL = "http://localhost:8000"
ORDERS = pl.DataFrame({"item": ["a", "b", "b"], "amount": [1, 2, None]})


def declare(**said: object) -> Declared:
    store = MemoryStore()
    store.create(factories.product(**said))  # type: ignore[arg-type]
    return Declarations(store, None).read()["orders"]


def run(root: Path, one: Declared, frame: pl.DataFrame = ORDERS) -> dg.ExecuteInProcessResult:
    build_products.write(root, {"orders": frame})
    builder = build_products.builder(root)
    assert one.product is not None
    builder.lake.accept(one.identity, one.product.route)
    asset = product_asset(one, one.product, builder, URL)
    definitions = dg.Definitions([asset], executor=dg.in_process_executor)
    job = definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(raise_on_error=False)


def test_a_build_is_a_materialization_with_checks_and_metadata(tmp_path: Path) -> None:
    result = run(tmp_path, declare(columns={"item": {"type": "string", "description": "what"}}))
    assert result.success
    passed = {found.check_name: found.passed for found in result.get_asset_check_evaluations()}
    assert passed == dict.fromkeys(CHECKS, True)
    events = [event.asset_key for event in result.get_asset_materialization_events()]
    assert events == [
        dg.AssetKey(["default", "orders"]),
        dg.AssetKey(["default", "orders_api"]),
    ]
    made = result.get_asset_materialization_events()[0].step_materialization_data.materialization
    assert made.metadata["dagster/row_count"].value == 3
    schema = made.metadata["dagster/column_schema"].value
    assert isinstance(schema, dg.TableSchema)
    assert {column.name: column.description for column in schema.columns} == {
        "id": None,
        "item": "what",
    }
    lineage = made.metadata["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    source = dg.AssetKey(["sources", "orders.parquet"])
    assert lineage.deps_by_column["item"] == [dg.TableColumnDep(source, "item")]


def test_a_failing_check_is_recorded_and_nothing_is_materialized(tmp_path: Path) -> None:
    one = declare(columns={"item": "string", "amount": {"type": "int", "nullable": False}})
    result = run(tmp_path, one)
    assert not result.success
    passed = {found.check_name: found.passed for found in result.get_asset_check_evaluations()}
    assert passed == {**dict.fromkeys(CHECKS, True), "nullability": False}
    assert result.get_asset_materialization_events() == []


def test_a_refused_plan_says_which_column_in_the_run(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        build_products.write(tmp_path, {"orders": ORDERS})
        one = declare(columns={"itme": "string"})
        assert one.product is not None
        asset = product_asset(one, one.product, build_products.builder(tmp_path), URL)
        result = dg.materialize([asset], instance=instance, raise_on_error=False)
        failure = runs.failure(instance, result.run_id)
    assert failure is not None
    assert (failure.reason, failure.final) == ("UnknownColumn", True)
    assert "spec.entity.columns[1].name" in failure.message
    assert "did you mean 'item'?" in failure.message


def test_a_run_that_succeeded_has_no_failure(tmp_path: Path) -> None:
    @dg.asset
    def fine() -> None:
        return None

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([fine], instance=instance)
        assert runs.failure(instance, result.run_id) is None


@pytest.mark.parametrize("owner", ["data-team", "Team A", "a.b@example.com"])
def test_owners_and_tags_reach_the_asset(owner: str) -> None:
    one = declare(owner=owner, tags=["gold", "very old"], displayName="Orders", domain="sales")
    assert one.product is not None
    spec = translator.asset_spec(one, one.product, URL)
    assert spec.key == dg.AssetKey(["sales", "orders"])
    assert spec.group_name == "sales"
    assert len(spec.owners) == 1
    assert "gold" in spec.tags
    assert "**Orders**" in (spec.description or "")


def test_a_refused_declaration_is_a_marker_that_says_why() -> None:
    one = declare(key="nope", columns={"item": "strnig"})
    assert one.product is None
    spec = translator.broken_spec(one, one.message)
    assert spec.key == dg.AssetKey(["default", "orders"])
    assert "strnig" in (spec.description or "")
    assert translator.PROBLEM in spec.metadata
