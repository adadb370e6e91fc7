"""One try to build one product: what a run is asked for, and what it has said of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import dagster as dg
from dagster import DagsterEventType
from dagster._core.execution.plan.objects import StepFailureData

from dphub_assets.decide.reconcile import Failure
from dphub_assets.graph.assets import FINAL, MESSAGE, REASON

PRODUCT_TAG = "dphub.io/product"
UID_TAG = "dphub.io/uid"
GENERATION_TAG = "dphub.io/generation"
LEVEL_TAG = "dphub.io/level"
TAGS = (PRODUCT_TAG, UID_TAG, GENERATION_TAG, LEVEL_TAG)
# Of a run that builds several products: that it does, and a tag for each of them.
BATCH_TAG, BATCH = "dphub.io/batch", "true"
BUILDS_TAG = "dphub.io.builds/"
LOST = Failure("RunLost", "the run ended without a result: its process died or was stopped")


@dataclass(frozen=True, slots=True)
class Target:
    """One product at one level: what a run is asked to reach."""

    product: str
    uid: str
    generation: int
    level: str

    @property
    def tags(self) -> dict[str, str]:
        values = (self.product, self.uid, str(self.generation), self.level)
        return dict(zip(TAGS, values, strict=True))

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "Target":
        """Of a run of one product."""
        product, uid, generation, level = (tags.get(tag, "") for tag in TAGS)
        return cls(product, uid, int(generation or 0), level)

    @property
    def tag_of_batch(self) -> dict[str, str]:
        return {f"{BUILDS_TAG}{self.product}": f"{self.uid}:{self.generation}:{self.level}"}

    @classmethod
    def all_of_batch(cls, tags: Mapping[str, str]) -> list["Target"]:
        found = []
        for key, value in tags.items():
            if key.startswith(BUILDS_TAG):
                uid, generation, level = value.split(":", 2)
                found.append(cls(key.removeprefix(BUILDS_TAG), uid, int(generation), level))
        return found


@dataclass(frozen=True, slots=True)
class Attempt:
    """`number` counts runs, whatever the clock says; `end` is None while it is under way."""

    target: Target
    run: str
    number: int
    end: float | None
    failure: Callable[[], Failure | None] = lambda: None


def ended(record: dg.RunRecord) -> float | None:
    if not record.dagster_run.is_finished:
        return None
    return record.end_time or record.update_timestamp.timestamp()


def said(data: StepFailureData) -> Failure:
    told = data.user_failure_data
    if told and REASON in told.metadata:
        reason, message = told.metadata[REASON].value, told.metadata[MESSAGE].value
        return Failure(str(reason), str(message), told.metadata[FINAL].value is True)
    return Failure(
        "BuildFailed", data.error.message.strip() if data.error else "no reason was given"
    )


def lost(instance: dg.DagsterInstance, run_id: str) -> Failure:
    """Of a run without a result, with the cause if Dagster has noted one."""
    kind = DagsterEventType.ENGINE_EVENT
    for record in instance.get_records_for_run(run_id, of_type=kind).records:
        event = record.event_log_entry.dagster_event
        if event and (error := event.engine_event_data.error):
            cause = error.message.strip().partition("\n")[0]
            return replace(LOST, message=f"the run ended without a result: {cause}")
    return LOST
