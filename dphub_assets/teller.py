"""Tells the store what was observed of every product, and only what is new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dphub_assets import conditions
from dphub_assets.conditions import Progress
from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.reconcile import Decision, Failure, Tried
from dphub_assets.schedule import Schedule
from dphub_k8s.api.status import Status
from dphub_k8s.stores.base import NotFound, ProductStore

UNBUILT = Failure("Unbuilt", "the last run succeeded and published nothing new")


@dataclass
class Teller:
    """`_told` is what the store was last told, by name and uid."""

    store: ProductStore
    _told: dict[tuple[str, str], Status] = field(default_factory=dict)

    def tell(
        self,
        declared: Mapping[str, Declared],
        decision: Decision,
        tried: Mapping[str, Tried],
        snapshots: Mapping[str, Snapshot],
        schedules: Mapping[str, Schedule],
        now: datetime,
    ) -> None:
        told: dict[tuple[str, str], Status] = {}
        for name, one in declared.items():
            key = name, one.identity.uid
            progress = _progress(name, decision, tried.get(name, Tried()))
            before = self._told.get(key) or self._kept(name)
            seen = conditions.Seen(snapshots.get(name), schedules.get(name))
            status = conditions.status(one, progress, seen, before, now)
            told[key] = status
            if status != before:
                self._tell(name, one.identity.uid, status)
        self._told = told

    def schedules(
        self, declared: Mapping[str, Declared], snapshots: Mapping[str, Snapshot]
    ) -> dict[str, Schedule]:
        """Of published products; what was told says when their sources were looked at."""
        found = {}
        for name, one in declared.items():
            snapshot = snapshots.get(name)
            if snapshot is None or one.product is None or one.product.spec.refresh.cron is None:
                continue
            told = self._told.get((name, one.identity.uid)) or self._kept(name)
            moments = [snapshot.document.read_at, told.sources_compared if told else None]
            last = max(moment for moment in moments if moment)
            found[name] = Schedule(one.product.spec.refresh, last)
        return found

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


def _progress(name: str, decision: Decision, past: Tried) -> Progress:
    """What is under way after a failure does not hide the failure."""
    if name in decision.suspended:
        return conditions.SUSPENDED
    if name in decision.waiting:
        return conditions.waiting(decision.waiting[name])
    if name in decision.held:
        return conditions.held(decision.held[name])
    unbuilt = (*decision.running, *decision.build, *decision.queued, *decision.later)
    failure = past.failure or (UNBUILT if past.attempts else None)
    if failure and name in (*decision.failed, *unbuilt):
        due = decision.later.get(name)
        following = "edit the product or its sources"
        if name not in decision.failed:
            following = (
                f"next attempt at {_clock(due)} UTC" if due else "a new attempt is under way"
            )
        return conditions.failed(failure.reason, failure.message, following)
    if name in decision.running:
        return conditions.BUILDING
    if name in decision.broken:
        return conditions.NOT_LOADED
    if name in (*unbuilt, *decision.stale):
        return conditions.PENDING
    return conditions.BUILT


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
