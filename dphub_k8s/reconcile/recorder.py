"""Writes events beside products: those of the core API, which `kubectl describe` puts in order.

What is repeated is one event with a count, as long as the declaration is the same, written at most
every ten seconds. Events are for people: those that the API server refuses are given up.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dphub_k8s.api.product import KIND, digest
from dphub_k8s.api.status import Status
from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.reconcile.budget import Budget, Clock
from dphub_k8s.reconcile.events import Event, events
from dphub_k8s.reconcile.faults import Fault
from dphub_k8s.reconcile.manifest import MANAGER
from dphub_k8s.reconcile.subject import Subject

EVENTS = Resource("", "v1", "events")
REPEAT_SECONDS = 10.0
# An API server keeps events for an hour.
LIFETIME = timedelta(hours=1)
# Beyond it, the oldest that are not written yet are given up.
WAITING = 1_000
MOST_MESSAGE = 1_000
BUSY = (0, 429, 500, 502, 503, 504)

Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Transition:
    subject: Subject
    before: Status | None
    after: Status


@dataclass
class Row:
    """An event that is or will be in the cluster: there since `first`, with the count `told`."""

    subject: Subject
    generation: int
    event: Event
    first: datetime
    last: datetime
    count: int = 1
    told: int = 0
    due: float = float("-inf")

    @property
    def name(self) -> str:
        row = [self.subject.uid, self.generation, self.event.reason, str(self.first)]
        return f"{self.subject.name}.{digest(row)}"


class Recorder:
    def __init__(
        self,
        api_version: str,
        clock: Clock = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api_version = api_version
        self._clock = clock
        self._now = now
        self._rows: dict[Key, Row] = {}
        self._waiting: dict[Key, None] = {}
        self._given_up = 0

    def take(self, transitions: Iterable[Transition]) -> None:
        now = self._now()
        for each in transitions:
            for event in events(each.before, each.after):
                self._note(each.subject, each.after.observed_generation, event, now)
        while len(self._waiting) > WAITING:
            key = next(iter(self._waiting))
            del self._waiting[key], self._rows[key]
            self._given_up += 1

    @property
    def settled(self) -> bool:
        return not self._waiting

    def settle(self, client: Client, budget: Budget) -> list[Fault]:
        """Those that were refused. Raises ApiError where the server has no time for events."""
        self._drop_old()
        refused = []
        for key in list(self._waiting):
            row = self._rows[key]
            if row.due > self._clock():
                continue
            if not budget:
                break
            try:
                self._write(client, row, budget)
            except ApiError as error:
                if error.status in BUSY:
                    raise
                refused.append(Fault(row.subject, error))
                del self._rows[key]
            del self._waiting[key]
        return refused

    def given_up(self) -> int:
        """How many, since it was asked last."""
        told, self._given_up = self._given_up, 0
        return told

    def _note(self, subject: Subject, generation: int, event: Event, now: datetime) -> None:
        key = subject.uid, generation, event.reason
        row = self._rows.get(key)
        if row is None or now - row.last > LIFETIME:
            self._rows[key] = Row(subject, generation, event, now, now)
        else:
            row.event, row.last, row.count = event, now, row.count + 1
        self._waiting.setdefault(key)

    def _write(self, client: Client, row: Row, budget: Budget) -> None:
        path = EVENTS.path(row.subject.namespace, row.name)
        count = row.count
        if row.told:
            try:
                client.call("PATCH", path, None, _news(row), MERGE_PATCH, budget.spend())
            except ApiError as error:
                if error.status != 404:
                    raise
                row.told, row.first = 0, row.last
        if not row.told:
            self._create(client, row, budget)
        row.told, row.due = count, self._clock() + REPEAT_SECONDS

    def _create(self, client: Client, row: Row, budget: Budget) -> None:
        path = EVENTS.path(row.subject.namespace)
        try:
            client.call("POST", path, None, self._manifest(row), seconds=budget.spend())
        except ApiError as error:
            if error.reason != "AlreadyExists":  # the answer to an earlier attempt was lost
                raise

    def _manifest(self, row: Row) -> dict[str, Any]:
        subject = row.subject
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": row.name, "namespace": subject.namespace},
            "involvedObject": {
                "apiVersion": self._api_version,
                "kind": KIND,
                "name": subject.name,
                "namespace": subject.namespace,
                "uid": subject.uid,
            },
            "type": row.event.type,
            "reason": row.event.reason,
            "source": {"component": MANAGER},
            "reportingComponent": MANAGER,
            "firstTimestamp": _text(row.first),
            **_news(row),
        }

    def _drop_old(self) -> None:
        now = self._now()
        if not self._waiting and all(now - row.last <= LIFETIME for row in self._rows.values()):
            return
        self._rows = {
            key: row
            for key, row in self._rows.items()
            if key in self._waiting or now - row.last <= LIFETIME
        }


def _news(row: Row) -> dict[str, Any]:
    message = row.event.message
    if len(message) > MOST_MESSAGE:
        message = f"{message[: MOST_MESSAGE - 1]}…"
    return {"count": row.count, "lastTimestamp": _text(row.last), "message": message}


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
