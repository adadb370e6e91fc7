"""Runs of several products: of each product what its step has said, while others go on."""

from dataclasses import dataclass, field
from functools import cache

import dagster as dg
from dagster import DagsterEventType

from dphub_assets.decide.reconcile import Failure
from dphub_assets.graph import names
from dphub_assets.loop.attempts import BATCH, BATCH_TAG, Attempt, Target, ended, lost, said

BEGUN, FAILED = DagsterEventType.STEP_START, DagsterEventType.STEP_FAILURE
STEPS = {BEGUN, FAILED, DagsterEventType.STEP_SUCCESS}
LONG_AGO = 0.0


@dataclass
class Batches:
    """Remembers those up to the run `_last`, which have all ended."""

    _known: list[Attempt] = field(default_factory=list)
    _last: str | None = None

    def attempts(self, instance: dg.DagsterInstance) -> list[Attempt]:
        if self._last and instance.get_run_by_id(self._last) is None:
            self._known, self._last = [], None  # somebody has deleted it: no cursor any more
        records = instance.get_run_records(
            dg.RunsFilter(tags={BATCH_TAG: BATCH}), cursor=self._last, ascending=True
        )
        recent: list[Attempt] = []
        for record in records:
            found = _attempts(instance, record)
            if record.dagster_run.is_finished and not recent:
                self._known += found
                self._last = record.dagster_run.run_id
            else:
                recent += found
        return [*self._known, *recent]


@dataclass(frozen=True, slots=True)
class Step:
    """`end` is None while it is under way."""

    end: float | None = None
    failure: Failure | None = None


def _attempts(instance: dg.DagsterInstance, record: dg.RunRecord) -> list[Attempt]:
    run, end = record.dagster_run, ended(record)
    steps = {} if run.is_success else _steps(instance, run.run_id)
    gone = cache(lambda: lost(instance, run.run_id))

    def attempt(target: Target) -> Attempt:
        step = steps.get(names.operation(target.product))
        if run.is_success:
            step = Step(end)
        elif end is not None and step is None:
            step = Step(LONG_AGO, gone())  # it has waited in vain: its next attempt is due
        elif end is not None and step and step.end is None:
            step = Step(end, gone())
        failure = step.failure if step else None
        number, until = record.storage_id, step.end if step else None
        return Attempt(target, run.run_id, number, until, lambda: failure)

    return [attempt(target) for target in Target.all_of_batch(run.tags)]


def _steps(instance: dg.DagsterInstance, run_id: str) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for record in instance.get_records_for_run(run_id, of_type=STEPS).records:
        entry = record.event_log_entry
        event, key = entry.dagster_event, entry.step_key
        if event is None or key is None or event.event_type is BEGUN:
            found.setdefault(key or "", Step())
        else:
            failed = event.event_type is FAILED
            found[key] = Step(entry.timestamp, said(event.step_failure_data) if failed else None)
    return found
