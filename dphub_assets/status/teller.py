"""Tells the store what was observed of every product, and only what is new."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dphub_assets.decide.declared import Declared
from dphub_assets.decide.reconcile import Decision, Failure, Tried
from dphub_assets.decide.schedule import Schedule
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status import conditions
from dphub_assets.status.conditions import Heard, Progress, Seen
from dphub_k8s.api.status import Status
from dphub_k8s.stores.base import NotFound, ProductStore, StoreError

# What a status follows from.
Grounds = tuple[Declared, Progress, Seen]
Key = tuple[str, str]
UNBUILT = Failure("Unbuilt", "the last run succeeded and published nothing new")
# Of a tick, which has builds to ask for; the rest is told in the next one.
MOST_SECONDS, MOST_FAULTS = 2.0, 10
# How long a new snapshot may be on its way to the service before that is worth a write.
WAY_SECONDS = 5.0


def nobody(_: str) -> None:
    """Where no service is asked."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is to tell of at `moment`, runs apart; `refused` is by uid what a cluster does not
    take of the objects that products own."""

    moment: datetime
    declared: Mapping[str, Declared]
    snapshots: Mapping[str, Snapshot]
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    heard: Callable[[str], Heard | None] = nobody
    refused: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, tried: Tried, due: float | None) -> Seen:
        snapshot = self.snapshots.get(name)
        return Seen(
            snapshot,
            self.schedules.get(name),
            tried,
            due,
            snapshot is not None and conditions.is_stale(snapshot, self.moment),
            self.heard(name),
            self.refused.get(self.declared[name].identity.uid, ""),
        )


@dataclass(frozen=True, slots=True)
class News:
    """A status that the store has taken."""

    of: Declared
    before: Status | None
    after: Status


@dataclass
class Teller:
    """`_told` is what the store was last told, by name and uid, and what that followed from;
    `_newest` since when which snapshot is known, from the lake or the service. `faults` say by name
    what the store could not be told, and will be told again: for one reason in the same words,
    those of the first product. `news` is what it was told last time."""

    store: ProductStore
    public_url: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    _told: dict[Key, tuple[Grounds, Status]] = field(default_factory=dict)
    _newest: dict[Key, tuple[int, datetime]] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)

    def tell(self, observed: Observed, decision: Decision, tried: Mapping[str, Tried]) -> None:
        told: dict[Key, tuple[Grounds, Status]] = {}
        newest: dict[Key, tuple[int, datetime]] = {}
        self.faults, self.news = {}, []
        ended = [name for name in decision.later if _has_just_ended(tried, name)]
        tried = {**tried, **dict.fromkeys(ended, conditions.NEVER)}
        due = {name: at for name, at in decision.later.items() if name not in ended}
        progress = _progresses(decision, tried, ended)
        now, deadline = observed.moment, time.monotonic() + MOST_SECONDS
        for name, one in observed.declared.items():
            key = name, one.identity.uid
            seen = observed.of(name, tried.get(name, conditions.NEVER), due.get(name))
            grounds = one, progress.get(name, conditions.BUILT), seen
            newest[key] = self._newest_of(key, seen, now)
            last = self._told.get(key)
            age = (now - newest[key][1]).total_seconds()
            if last and (_same(last[0], grounds) or _is_on_its_way(last[0], grounds, age)):
                told[key] = last
            elif time.monotonic() < deadline and len(self.faults) < MOST_FAULTS:
                if new := self._renewed(name, grounds, last[1] if last else None, now):
                    told[key] = grounds, new
            elif last:
                told[key] = last
        self._told, self._newest = told, newest
        if not self.faults:
            self._words.clear()

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

    def _newest_of(self, key: Key, seen: Seen, now: datetime) -> tuple[int, datetime]:
        heard = seen.heard.sequence if seen.heard else None
        published = seen.snapshot.sequence if seen.snapshot else None
        newest = max([each for each in (heard, published) if each is not None], default=-1)
        last = self._newest.get(key)
        return last if last and last[0] == newest else (newest, now)

    def _kept(self, name: str) -> Status | None:
        try:
            return self.store.status(name)
        except NotFound:
            return None

    def _renewed(
        self, name: str, grounds: Grounds, before: Status | None, now: datetime
    ) -> Status | None:
        """What the store says now; None where it could not be told. A full disk or a store that
        does not answer must not keep the tick from asking for runs."""
        try:
            before = before or self._kept(name)
            status = conditions.status(*grounds, before, now, self.public_url)
            one = grounds[0]
            if status != before and self.store.set_status(name, one.identity.uid, status):
                self.news.append(News(one, before, status))
        except NotFound:
            return status  # deleted since it was listed; the next tick retires it
        except (StoreError, OSError) as error:
            fault = error.fault if isinstance(error, StoreError) else str(error)
            told = f"the status could not be written: {error}"
            self.faults[name] = self._words.setdefault(fault, told)
            return None
        return status


def _same(last: Grounds, grounds: Grounds) -> bool:
    """What has not changed is the very same object from tick to tick."""
    (one, progress, seen), (now, now_progress, now_seen) = last, grounds
    return one is now and progress == now_progress and _unmoved(seen, now_seen)


def _is_on_its_way(last: Grounds, grounds: Grounds, age: float) -> bool:
    """Whether all that is new is a snapshot of `age`, which lake and service have not both shown:
    they most likely do in a second, and what was told until then is not written twice."""
    one, progress, seen = grounds
    if last[0] is not one or progress not in (conditions.BUILT, last[1]):
        return False
    if seen.heard is None or seen.heard.fault:
        return False
    published = seen.snapshot.sequence if seen.snapshot else None
    return seen.heard.sequence != published and abs(age) < WAY_SECONDS


def _unmoved(last: Seen, seen: Seen) -> bool:
    same = last.snapshot is seen.snapshot and last.schedule == seen.schedule
    same = same and last.stale is seen.stale and last.heard == seen.heard
    same = same and last.refused == seen.refused
    return same and last.tried == seen.tried and last.due == seen.due


def _progresses(
    decision: Decision, tried: Mapping[str, Tried], ended: Collection[str]
) -> dict[str, Progress]:
    """Of what is not built as declared."""
    unbuilt = {*decision.running, *decision.build, *decision.queued, *decision.later}
    failed = set(decision.failed)
    return {
        **dict.fromkeys((*decision.stale, *decision.publish, *unbuilt), conditions.PENDING),
        **dict.fromkeys(decision.broken, conditions.NOT_LOADED),
        **dict.fromkeys(decision.running, conditions.BUILDING),
        # What is under way after a failure does not hide the failure.
        **{
            name: conditions.failed(failure.reason, failure.message, final=name in failed)
            for name in failed | unbuilt
            if (failure := _failure(tried.get(name, Tried())))
        },
        **dict.fromkeys(ended, conditions.BUILDING),
        **{name: conditions.held(products) for name, products in decision.held.items()},
        **{name: conditions.waiting(sources) for name, sources in decision.waiting.items()},
        **dict.fromkeys(decision.suspended, conditions.SUSPENDED),
    }


def _failure(past: Tried) -> Failure | None:
    return past.failure or (UNBUILT if past.attempts else None)


def _has_just_ended(tried: Mapping[str, Tried], name: str) -> bool:
    """Well, and after the lake was looked at: most likely the next tick sees what it published."""
    past = tried.get(name, conditions.NEVER)
    return past.failure is None and past.attempts == 1
