"""How often the status of products is written: seen from the API server's side."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.cluster.watch import Event, Item

WATCH_SECONDS = 2.0
SENT = re.compile(
    r'^apiserver_request_total\{[^}]*resource="dataproducts"[^}]*subresource="status"'
    r'[^}]*verb="(?:APPLY|PATCH|PUT)"[^}]*\} (\S+)$',
    re.MULTILINE,
)


class Writes:
    """`told` has by name every status that was another than before; no write is missed. `items`
    are the products as they are."""

    def __init__(self, client: Client, products: Resource, namespace: str) -> None:
        self.told: dict[str, list[Any]] = {}
        self._client = client
        self._path = products.path(namespace)
        listing = client.list(self._path)
        self.items: dict[str, Item] = {_name(item): item for item in listing.items}
        self._version = listing.version
        self._ended = threading.Event()
        self._sent = sent(client)

    @property
    def sent(self) -> int:
        """Requests, with those that changed nothing; of all namespaces."""
        return sent(self._client) - self._sent

    @property
    def most(self) -> int:
        """How often that of one product was written."""
        return max(map(len, self.told.values()), default=0)

    @property
    def total(self) -> int:
        return sum(map(len, self.told.values()))

    def longest(self) -> str:
        """What was said of the one that was told most often, a line each."""
        statuses = max(self.told.values(), key=len, default=[])
        return "\n".join(map(_in_words, statuses))

    def ready(self) -> set[str]:
        """Those that are served as they are declared now."""
        return {name for name, item in list(self.items.items()) if is_ready(item)}

    def settle(self, seconds: float) -> None:
        """Returns when nothing has been written for so long."""
        total = -1
        while total != (total := self.total):
            time.sleep(seconds)

    def count(self) -> None:
        """Until `end` is called, and all before that is counted."""
        while not self._ended.is_set():
            self._watch()
        self._watch()

    def end(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        for event in self._client.watch(self._path, self._version, WATCH_SECONDS):
            self._version = event.version
            self._take(event)

    def _take(self, event: Event) -> None:
        if event.type == "BOOKMARK":
            return
        item, name = event.object, _name(event.object)
        if event.type == "DELETED":
            del self.items[name]
        else:
            status = item.get("status")
            if status != self.items.get(name, {}).get("status"):
                self.told.setdefault(name, []).append(status)
            self.items[name] = item


@contextmanager
def counted(client: Client, products: Resource, namespace: str) -> Iterator[Writes]:
    """Behind it everything before its end is counted, but for `sent`."""
    writes = Writes(client, products, namespace)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(writes.count)
        try:
            yield writes
        finally:
            writes.end()
            counting.result()


def sent(client: Client) -> int:
    """All requests so far that were to write the status of a product."""
    return round(sum(map(float, SENT.findall(client.call("GET", "/metrics")))))


def is_ready(item: Item) -> bool:
    status, generation = item.get("status", {}), item["metadata"]["generation"]
    return status.get("observedGeneration") == generation and any(
        each["type"] == "Ready" and each["status"] == "True"
        for each in status.get("conditions", ())
    )


def _name(item: Item) -> str:
    return str(item["metadata"]["name"])


def _in_words(status: Any) -> str:
    said = (f"{each['type']} {each['status']} {each['reason']}" for each in status["conditions"])
    others = {name: value for name, value in status.items() if name != "conditions"}
    return f"{', '.join(said)}; {others}"
