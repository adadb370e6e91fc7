"""What the cluster holds of products beside their status: kept in the background, so that no tick
waits for the API server. Loads the client of a cluster."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache

from dphub_assets.decide.declared import Declared
from dphub_assets.status.teller import News
from dphub_k8s.cluster.client import Client
from dphub_k8s.reconcile.objects import Objects, Report
from dphub_k8s.reconcile.recorder import Transition
from dphub_k8s.reconcile.settings import ObjectSettings
from dphub_k8s.reconcile.subject import Subject
from dphub_k8s.shards import Shard
from dphub_k8s.stores.base import Stored


class ClusterObjects:
    """`faults` say by uid what the API server refuses to hold of a product."""

    def __init__(self, objects: Objects, shard: Shard) -> None:
        self._objects = objects
        self._shard = shard
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="objects")
        self._turn: Future[Report] | None = None
        self._seen: Mapping[str, Declared] | None = None
        self._subjects: dict[str, Subject] = {}
        self._own: tuple[Subject, ...] = ()
        self._every: tuple[Subject, ...] | None = None
        self._news: list[Transition] = []
        self._lines: list[str] = []
        self._fault = ""
        self.faults: Mapping[str, str] = {}

    @classmethod
    def opened(cls, shard: Shard) -> "ClusterObjects":
        """Nothing is asked of the cluster yet. Raises InvalidSetting."""
        settings = ObjectSettings.read()
        client = cache(lambda: Client.open(settings.cluster.kubeconfig))
        return cls(Objects(client, settings), shard)

    def tick(
        self,
        declared: Mapping[str, Declared],
        stored: Mapping[str, Stored],
        news: Sequence[News],
    ) -> None:
        """`declared` is every product, the very same mapping as long as nothing changes."""
        if declared is not self._seen:
            self._take(declared, stored)
        self._news += [
            Transition(self._subjects[each.of.identity.uid], each.before, each.after)
            for each in news
        ]
        if self._turn and not self._turn.done():
            return
        self._hear()
        news_now, self._news = self._news, []
        self._turn = self._pool.submit(self._objects.tick, self._own, news_now, self._every)

    @property
    def settled(self) -> bool:
        """Whether all that was to be done is done."""
        idle = self._turn is None or self._turn.done()
        return idle and not self._news and self._objects.settled

    def lines(self) -> list[str]:
        """What is new to say."""
        told, self._lines = self._lines, []
        return told

    def wait(self, seconds: float) -> None:
        """Until what `tick` began is over."""
        if self._turn:
            wait([self._turn], seconds)
            self._hear()

    def _take(self, declared: Mapping[str, Declared], stored: Mapping[str, Stored]) -> None:
        found = {
            name: Subject.of(stored[name].document, one.identity.uid, one.product)
            for name, one in declared.items()
        }
        self._seen = declared
        self._subjects = {each.uid: each for each in found.values()}
        self._own = tuple(each for name, each in found.items() if self._shard.holds(name))
        # One key per product, of all shards: one of them writes them.
        self._every = tuple(found.values()) if self._shard.number == 0 else None

    def _hear(self) -> None:
        """A fault of ours must not take the tick with it."""
        if self._turn is None or not self._turn.done():
            return
        turn, self._turn = self._turn, None
        error = turn.exception()
        fault = repr(error) if error else ""
        if fault and fault != self._fault:
            self._lines.append(f"objects of the cluster: {fault}")
        self._fault = fault
        if error is None:
            self.faults = turn.result().faults
            self._lines += turn.result().lines
