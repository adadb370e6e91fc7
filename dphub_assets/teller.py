"""Tells the store what was observed of every product, and only what is new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg

from dphub_assets import conditions, runs
from dphub_assets.conditions import Progress
from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.reconcile import Decision, Tried, Wanted
from dphub_k8s.api.status import Status
from dphub_k8s.stores.base import NotFound, ProductStore


@dataclass
class Teller:
    """`_told`: what the store was last told, by name and uid; `_failures`: by run, why."""

    store: ProductStore
    _told: dict[tuple[str, str], Status] = field(default_factory=dict)
    _failures: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    def tell(
        self,
        instance: dg.DagsterInstance,
        declared: Mapping[str, Declared],
        wanted: Mapping[str, Wanted],
        decision: Decision,
        tried: Mapping[str, Tried],
        snapshots: Mapping[str, Snapshot],
        now: float,
    ) -> None:
        moment = datetime.fromtimestamp(now, UTC)
        told: dict[tuple[str, str], Status] = {}
        for name, one in declared.items():
            key = name, one.identity.uid
            progress = self._progress(instance, name, wanted[name], decision, tried)
            before = self._told.get(key) or self._kept(name)
            status = conditions.status(one, progress, snapshots.get(name), before, moment)
            told[key] = status
            if status != before:
                self._tell(name, one.identity.uid, status)
        self._told = told

    def _progress(
        self,
        instance: dg.DagsterInstance,
        name: str,
        want: Wanted,
        decision: Decision,
        tried: Mapping[str, Tried],
    ) -> Progress:
        if name in decision.running:
            return conditions.BUILDING
        if name in decision.waiting:
            return conditions.waiting(decision.waiting[name])
        past = tried.get(name, Tried())
        if name in decision.later and past.last_run:
            return self._failed(instance, past.last_run, decision.later[name])
        if name in (*decision.build, *decision.queued, *decision.stale) or want.refused:
            return conditions.PENDING
        return conditions.BUILT

    def _failed(self, instance: dg.DagsterInstance, run_id: str, due: float) -> Progress:
        if run_id not in self._failures:
            self._failures[run_id] = runs.failure(instance, run_id)
        reason, message = self._failures[run_id] or (
            "Unbuilt",
            "the last run published nothing new",
        )
        return conditions.failed(reason, message, datetime.fromtimestamp(due, UTC))

    def _kept(self, name: str) -> Status | None:
        try:
            return self.store.status(name)
        except NotFound:
            return None

    def _tell(self, name: str, uid: str, status: Status) -> None:
        try:
            self.store.set_status(name, uid, status)
        except NotFound:
            return  # deleted since it was listed; the next tick retires it
