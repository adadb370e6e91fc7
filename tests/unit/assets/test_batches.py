"""Runs of several products: what they say of each, under way and afterwards."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster_shared.error import SerializableErrorInfo

from dphub_assets.decide.reconcile import Failure, Tried, due_at
from dphub_assets.graph.assets import FINAL, MESSAGE, REASON
from dphub_assets.loop.attempts import BATCH, BATCH_TAG, Target
from dphub_assets.loop.runs import History

TARGETS = [Target(name, f"uid-{name}", 1, "l1") for name in ("a", "b-b", "c", "d")]
TAGS = {BATCH_TAG: BATCH} | {k: v for each in TARGETS for k, v in each.tag_of_batch.items()}
SEEN: list[dict[str, Tried]] = []


@dg.asset
def a() -> None:
    return None


@dg.asset
def b_b() -> None:
    raise dg.Failure(
        "no", {REASON: "CastFailed", MESSAGE: "no number", FINAL: True}, allow_retries=False
    )


@dg.asset
def c(context: dg.AssetExecutionContext) -> None:
    SEEN.append(History().tried(context.instance, TARGETS))


@dg.asset
def d() -> None:
    return None


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance: dg.DagsterInstance) -> str:
    assets = [a, b_b, c, d]
    return dg.materialize(assets, instance=instance, tags=TAGS, raise_on_error=False).run_id


def lose(instance: dg.DagsterInstance, cause: str | None = None) -> None:
    """A run that ends before it has begun a step."""
    job = dg.Definitions([a]).resolve_implicit_global_asset_job_def()
    created = instance.create_run_for_job(job, tags=TAGS)
    assert all(tried.in_flight for tried in History().tried(instance, TARGETS).values())
    if cause:
        error = SerializableErrorInfo(f"{cause}\n", [], "ImportError")
        instance.report_engine_event("no job", created, EngineEventData.engine_error(error))
    instance.report_run_failed(created, "gone")


def test_each_product_ends_with_its_own_step(instance: dg.DagsterInstance) -> None:
    run_id = run(instance)
    seen = SEEN.pop()
    assert {name: tried.in_flight for name, tried in seen.items()} == {
        "a": False,
        "b-b": False,
        "c": True,
        "d": True,
    }
    assert (seen["a"].attempts, seen["c"].attempts, seen["c"].run) == (1, 0, run_id)
    assert seen["b-b"].failure == Failure("CastFailed", "no number", final=True)


def test_a_failure_is_told_of_its_product_alone(instance: dg.DagsterInstance) -> None:
    run_id = run(instance)
    found = History().tried(instance, TARGETS)
    assert [name for name, tried in found.items() if tried.failure] == ["b-b"]
    assert {tried.attempts for tried in found.values()} == {1}
    assert {tried.last_run for tried in found.values()} == {run_id}
    edited = Target("b-b", "uid-b-b", 2, "l2")
    assert History().tried(instance, [edited])["b-b"] == Tried()


def test_what_a_lost_run_never_began_is_due_at_once_under_another_key(
    instance: dg.DagsterInstance,
) -> None:
    lose(instance)
    found = History().tried(instance, TARGETS)
    assert found.keys() == {target.product for target in TARGETS}
    for tried in found.values():
        assert (tried.attempts, tried.in_flight) == (1, False)
        assert tried.failure
        assert tried.failure.reason == "RunLost"
        assert due_at(tried, 1e9) < 1e9


def test_a_lost_run_says_the_cause_that_dagster_has_noted(instance: dg.DagsterInstance) -> None:
    lose(instance, "ImportError: no module")
    found = History().tried(instance, TARGETS).values()
    said = "the run ended without a result: ImportError: no module"
    assert [each.failure and each.failure.message for each in found] == [said] * len(TARGETS)


def test_a_history_that_has_looked_before_finds_what_a_new_one_finds(
    instance: dg.DagsterInstance,
) -> None:
    old = History()
    ids = []
    for number in (1, 2, 3):
        ids.append(run(instance))
        found = old.tried(instance, TARGETS)
        assert found == History().tried(instance, TARGETS)
        assert found["a"].attempts == number
    instance.delete_run(ids[-1])
    lose(instance)
    assert old.tried(instance, TARGETS) == History().tried(instance, TARGETS)
    assert old.tried(instance, TARGETS)["a"].attempts == 3
