"""What earlier runs say about a product: is one under way, and how often has this level been tried?

Nothing is remembered here: Dagster's run storage is asked each time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import dagster as dg
from dagster import DagsterEventType
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES

from dphub_assets.assets import MESSAGE, REASON
from dphub_assets.reconcile import Tried

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


def history(instance: dg.DagsterInstance, targets: Collection[Target]) -> dict[str, Tried]:
    """By product. Two queries, whatever the number of products."""
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
    return summary(targets, map(_run, under_way), map(_run, ended))


def failure(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str] | None:
    """(reason, message) of a run that failed; None for one that did not."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.status is dg.DagsterRunStatus.SUCCESS:
        return None
    for record in instance.get_records_for_run(
        run_id, of_type=DagsterEventType.STEP_FAILURE
    ).records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        told = event.step_failure_data.user_failure_data
        if told and told.description:
            reason = told.metadata.get(REASON)
            message = told.metadata.get(MESSAGE)
            return (
                str(reason.value) if reason else "BuildFailed",
                str(message.value) if message else told.description,
            )
        error = event.step_failure_data.error
        if error:
            return "BuildFailed", error.message.strip()
    return "RunLost", "the run ended without a result: its process died or was stopped"


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    tags: Mapping[str, str]
    end: float


def summary(
    targets: Iterable[Target], under_way: Iterable[Run], ended: Iterable[Run]
) -> dict[str, Tried]:
    busy = {run.tags[PRODUCT_TAG] for run in under_way}
    past: dict[tuple[str, ...], list[Run]] = {}
    for run in ended:
        past.setdefault(tuple(run.tags.get(tag, "") for tag in TAGS), []).append(run)
    found = {}
    for target in targets:
        mine = past.get(tuple(target.tags.values()), [])
        last = max(mine, key=lambda run: run.end, default=None)
        found[target.product] = Tried(
            in_flight=target.product in busy,
            attempts=len(mine),
            last_end=last.end if last else 0.0,
            last_run=last.id if last else None,
        )
    return found


def _run(record: dg.RunRecord) -> Run:
    end = record.end_time or record.update_timestamp.timestamp()
    return Run(record.dagster_run.run_id, record.dagster_run.tags, end)
