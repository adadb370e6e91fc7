"""What earlier runs say about a product: is one under way, and how often has this level been tried?

Dagster's run storage is asked each time: no state of our own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import dagster as dg
from dagster import DagsterEventType
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES

from dphub_assets.assets import FINAL, MESSAGE, REASON
from dphub_assets.reconcile import Failure, Tried

PRODUCT_TAG = "dphub.io/product"
UID_TAG = "dphub.io/uid"
GENERATION_TAG = "dphub.io/generation"
LEVEL_TAG = "dphub.io/level"
TAGS = (PRODUCT_TAG, UID_TAG, GENERATION_TAG, LEVEL_TAG)


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


class History:
    """Asks Dagster; remembers only what ended runs said, which does not change."""

    def __init__(self) -> None:
        self._failures: dict[str, Failure | None] = {}

    def tried(self, instance: dg.DagsterInstance, targets: Collection[Target]) -> dict[str, Tried]:
        """By product. Two queries, and one more for each run that has failed since."""
        if not targets:
            return {}
        names = sorted({target.product for target in targets})
        levels = sorted({target.level for target in targets})
        under_way = instance.get_run_records(
            dg.RunsFilter(statuses=NOT_FINISHED_STATUSES, tags={PRODUCT_TAG: names})
        )
        ended = instance.get_run_records(
            dg.RunsFilter(statuses=FINISHED_STATUSES, tags={PRODUCT_TAG: names, LEVEL_TAG: levels})
        )
        ask = partial(self._failure, instance)
        return summary(targets, map(_run, under_way), map(_run, ended), ask)

    def _failure(self, instance: dg.DagsterInstance, run_id: str) -> Failure | None:
        if run_id not in self._failures:
            self._failures[run_id] = failure(instance, run_id)
        return self._failures[run_id]


def failure(instance: dg.DagsterInstance, run_id: str) -> Failure | None:
    """What a failed run said; None for one that did not fail."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.status is dg.DagsterRunStatus.SUCCESS:
        return None
    kind = DagsterEventType.STEP_FAILURE
    for record in instance.get_records_for_run(run_id, of_type=kind).records:
        if event := record.event_log_entry.dagster_event:
            return _said(event.step_failure_data)
    return Failure("RunLost", "the run ended without a result: its process died or was stopped")


def _said(data: StepFailureData) -> Failure:
    told = data.user_failure_data
    if told and REASON in told.metadata:
        reason, message = told.metadata[REASON].value, told.metadata[MESSAGE].value
        return Failure(str(reason), str(message), told.metadata[FINAL].value is True)
    return Failure(
        "BuildFailed", data.error.message.strip() if data.error else "no reason was given"
    )


@dataclass(frozen=True, slots=True)
class Run:
    """`number` counts runs, whatever the clock says."""

    id: str
    number: int
    tags: Mapping[str, str]
    end: float


def summary(
    targets: Iterable[Target],
    under_way: Iterable[Run],
    ended: Iterable[Run],
    failure_of: Callable[[str], Failure | None],
) -> dict[str, Tried]:
    busy = {run.tags[PRODUCT_TAG] for run in under_way}
    past: dict[tuple[str, ...], list[Run]] = {}
    for run in ended:
        past.setdefault(tuple(run.tags.get(tag, "") for tag in TAGS), []).append(run)
    found = {}
    for target in targets:
        mine = past.get(tuple(target.tags.values()), [])
        last = max(mine, key=lambda run: run.number, default=None)
        found[target.product] = Tried(
            in_flight=target.product in busy,
            attempts=len(mine),
            last_end=last.end if last else 0.0,
            failure=failure_of(last.id) if last else None,
            last_run=last.id if last else None,
        )
    return found


def _run(record: dg.RunRecord) -> Run:
    end = record.end_time or record.update_timestamp.timestamp()
    return Run(record.dagster_run.run_id, record.storage_id, record.dagster_run.tags, end)
