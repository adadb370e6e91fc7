"""Tells the store what was observed of every product, and only what is new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dphub_assets import conditions
from dphub_assets.conditions import Progress, Seen
from dphub_assets.declared import Declared
from dphub_assets.lake.reader import Snapshot
from dphub_assets.reconcile import Decision, Failure, Tried
from dphub_assets.schedule import Schedule
from dphub_k8s.api.status import Status
from dphub_k8s.stores.base import NotFound, ProductStore

# What a status follows from.
Grounds = tuple[Declared, Progress, Seen]
UNBUILT = Failure("Unbuilt", "the last run succeeded and published nothing new")


@dataclass
class Teller:
    """`_told` is what the store was last told, by name and uid, and what that followed from.
    `faults` say by name what it could not be told, and will be told again."""

    store: ProductStore
    faults: dict[str, str] = field(default_factory=dict)
    _told: dict[tuple[str, str], tuple[Grounds, Status]] = field(default_factory=dict)

    def tell(
        self,
        declared: Mapping[str, Declared],
        decision: Decision,
        tried: Mapping[str, Tried],
        snapshots: Mapping[str, Snapshot],
        schedules: Mapping[str, Schedule],
        now: datetime,
    ) -> None:
        told: dict[tuple[str, str], tuple[Grounds, Status]] = {}
        self.faults = {}
        progress = _progresses(decision, tried)
        for name, one in declared.items():
            key = name, one.identity.uid
            seen = Seen(
                snapshots.get(name),
                schedules.get(name),
                tried.get(name, conditions.NEVER),
                decision.later.get(name),
            )
            grounds = one, progress.get(name, conditions.BUILT), seen
            last = self._told.get(key)
            if last and _same(last[0], grounds):
                told[key] = last
                continue
            before = last[1] if last else self._kept(name)
            status = conditions.status(*grounds, before, now)
            if status == before or self._tell(name, one.identity.uid, status):
                told[key] = grounds, status
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
            last = self._told.get((name, one.identity.uid))
            told = last[1] if last else self._kept(name)
            moments = [snapshot.document.read_at, told.sources_compared if told else None]
            compared = max(moment for moment in moments if moment)
            found[name] = Schedule(one.product.spec.refresh, compared)
        return found

    def published(self, names: Iterable[str]) -> str | None:
        """One of them, a snapshot of which was told."""
        return next((name for name in names if (told := self._kept(name)) and told.snapshot), None)

    def _kept(self, name: str) -> Status | None:
        try:
            return self.store.status(name)
        except NotFound:
            return None

    def _tell(self, name: str, uid: str, status: Status) -> bool:
        """Whether that is done. A full disk must not keep the tick from asking for runs."""
        try:
            self.store.set_status(name, uid, status)
        except NotFound:
            return True  # deleted since it was listed; the next tick retires it
        except OSError as error:
            self.faults[name] = f"the status could not be written: {error}"
            return False
        return True


def _same(last: Grounds, grounds: Grounds) -> bool:
    """What has not changed is the very same object from tick to tick."""
    one, progress, seen = grounds
    if seen.snapshot and seen.snapshot.document.spec.spec.max_staleness_seconds is not None:
        return False  # time alone changes what is said of it
    return last[0] is one and last[1] == progress and _unmoved(last[2], seen)


def _unmoved(last: Seen, seen: Seen) -> bool:
    same = last.snapshot is seen.snapshot and last.schedule == seen.schedule
    return same and last.tried == seen.tried and last.due == seen.due


def _progresses(decision: Decision, tried: Mapping[str, Tried]) -> dict[str, Progress]:
    """Of what is not built as declared."""
    unbuilt = {*decision.running, *decision.build, *decision.queued, *decision.later}
    failed = set(decision.failed)
    return {
        **dict.fromkeys((*decision.stale, *unbuilt), conditions.PENDING),
        **dict.fromkeys(decision.broken, conditions.NOT_LOADED),
        **dict.fromkeys(decision.running, conditions.BUILDING),
        # What is under way after a failure does not hide the failure.
        **{
            name: _failed(failure, name in failed, decision.later.get(name))
            for name in failed | unbuilt
            if (failure := _failure(tried.get(name, Tried())))
        },
        **{name: conditions.held(products) for name, products in decision.held.items()},
        **{name: conditions.waiting(sources) for name, sources in decision.waiting.items()},
        **dict.fromkeys(decision.suspended, conditions.SUSPENDED),
    }


def _failure(past: Tried) -> Failure | None:
    return past.failure or (UNBUILT if past.attempts else None)


def _failed(failure: Failure, final: bool, due: float | None) -> Progress:
    following = "edit the product or its sources"
    if not final:
        following = f"next attempt at {_clock(due)} UTC" if due else "a new attempt is under way"
    return conditions.failed(failure.reason, failure.message, following)


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
