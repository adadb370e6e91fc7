"""What the hub keeps in a cluster beside the status: one turn at a time, never more than its share.

dependents   objects that products own (`apply`)
export       the accepted specs (`export`)
events       what has become of products (`recorder`)

Each part fails alone, and waits longer after each failure; while nobody answers, no other is tried.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError, Unreachable
from dphub_k8s.reconcile import faults
from dphub_k8s.reconcile.apply import Dependents
from dphub_k8s.reconcile.budget import Backoff, Budget, Clock
from dphub_k8s.reconcile.export import Export
from dphub_k8s.reconcile.recorder import Recorder, Transition
from dphub_k8s.reconcile.settings import ObjectSettings
from dphub_k8s.reconcile.subject import Subject

# A tick of the sensor has other things to do.
TICK_SECONDS = 5.0
CALLS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` are what is new to say; `faults` by uid what the API server refuses to hold of a
    product, for as long as it does."""

    lines: tuple[str, ...]
    faults: Mapping[str, str]


@dataclass
class _Part:
    """`said` is what has been said since all was well."""

    name: str
    of: Dependents | Export | Recorder
    backoff: Backoff = field(default_factory=Backoff)
    said: faults.Said = field(default_factory=set)


class Objects:
    """For one thread. `client` is asked for once there is something to do."""

    def __init__(
        self, client: Callable[[], Client], settings: ObjectSettings, clock: Clock = time.monotonic
    ) -> None:
        self._client = client
        self._clock = clock
        self._dependents = Dependents(settings, clock)
        self._export = Export(settings.cluster.namespace, clock)
        self._recorder = Recorder(settings.cluster.api_version, clock)
        self._exports = True
        self._owned = _Part("dependents", self._dependents)
        self._exported = _Part("export", self._export)
        self._events = _Part("events", self._recorder)

    @property
    def settled(self) -> bool:
        """Whether all that was to be done is done."""
        exported = self._export.settled or not self._exports
        return self._dependents.settled and exported and self._recorder.settled

    def tick(
        self,
        subjects: Sequence[Subject],
        transitions: Iterable[Transition] = (),
        every: Sequence[Subject] | None = None,
        seconds: float = TICK_SECONDS,
    ) -> Report:
        """`subjects` are the products of this shard, `every` those of all shards, or None where
        another one exports them: the same sequences as long as nothing has changed."""
        self._recorder.take(transitions)
        self._dependents.take(subjects)
        parts = [self._owned, self._events]
        self._exports = every is not None
        if every is not None:
            self._export.take(every)
            parts = [self._owned, self._exported, self._events]
        deadline = self._clock() + seconds
        lines = []
        for part in parts:
            told, reached = self._turn(part, Budget(CALLS, deadline, self._clock))
            lines += told
            if not reached:
                break
        if given_up := self._recorder.given_up():
            lines.append(f"events: {given_up} were given up, the oldest of those that wait")
        return Report(tuple(lines), self._dependents.refused())

    def _turn(self, part: _Part, budget: Budget) -> tuple[list[str], bool]:
        """What is new to say, and whether anybody answers."""
        if part.backoff.due > self._clock() or not budget:
            return [], True
        idle = part.of.settled
        try:
            failed = part.of.settle(self._client(), budget)
        except ApiError as error:
            part.backoff.failed(self._clock())
            return faults.line(part.name, error, part.said), not isinstance(error, Unreachable)
        part.backoff = Backoff()
        if not idle and not failed and part.of.settled:
            part.said.clear()
        return faults.lines(failed, part.said), True
