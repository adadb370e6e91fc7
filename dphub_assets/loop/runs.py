"""What earlier runs say about a product: is one under way, and how often has this level been tried?

Dagster's run storage is asked each time: no state of our own.
"""

from collections.abc import Collection, Iterable
from functools import partial

import dagster as dg
from dagster import DagsterEventType
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES

from dphub_assets.decide.reconcile import Failure, Tried
from dphub_assets.loop.attempts import LEVEL_TAG, PRODUCT_TAG, Attempt, Target, ended, lost, said
from dphub_assets.loop.batches import Batches


class History:
    """Asks Dagster; remembers only what ended runs said, which does not change."""

    def __init__(self) -> None:
        self._failures: dict[str, Failure | None] = {}
        self._batches = Batches()

    def tried(self, instance: dg.DagsterInstance, targets: Collection[Target]) -> dict[str, Tried]:
        """By product. A few queries, and one more for each run that has failed since."""
        if not targets:
            return {}
        names = sorted({target.product for target in targets})
        levels = sorted({target.level for target in targets})
        under_way = instance.get_run_records(
            dg.RunsFilter(statuses=NOT_FINISHED_STATUSES, tags={PRODUCT_TAG: names})
        )
        over = instance.get_run_records(
            dg.RunsFilter(statuses=FINISHED_STATUSES, tags={PRODUCT_TAG: names, LEVEL_TAG: levels})
        )
        alone = [self._attempt(instance, record) for record in (*under_way, *over)]
        return summary(targets, [*alone, *self._batches.attempts(instance)])

    def _attempt(self, instance: dg.DagsterInstance, record: dg.RunRecord) -> Attempt:
        run = record.dagster_run
        ask = partial(self._failure, instance, run.run_id)
        return Attempt(Target.of(run.tags), run.run_id, record.storage_id, ended(record), ask)

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
            return said(event.step_failure_data)
    return lost(instance, run_id)


def summary(targets: Iterable[Target], attempts: Iterable[Attempt]) -> dict[str, Tried]:
    busy: dict[str, str] = {}
    past: dict[Target, dict[str, Attempt]] = {}
    for attempt in attempts:
        if attempt.end is None:
            busy[attempt.target.product] = attempt.run
        else:
            past.setdefault(attempt.target, {})[attempt.run] = attempt
    found = {}
    for target in targets:
        mine = past.get(target, {}).values()
        last = max(mine, key=lambda attempt: attempt.number, default=None)
        found[target.product] = Tried(
            in_flight=target.product in busy,
            attempts=len(mine),
            last_end=(last.end if last else None) or 0.0,
            failure=last.failure() if last else None,
            last_run=last.run if last else None,
            run=busy.get(target.product),
        )
    return found
