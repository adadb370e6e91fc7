"""A mapping that forgets what was not asked for longest. Not for several threads at once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Keeps at most `limit`, counted by `weigh`: entries by default."""

    def __init__(self, limit: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """What is too heavy by itself is not kept."""
        weight = self._weigh(value)
        if weight > self._limit:
            return
        self._drop(key)
        self._entries[key] = value
        self._weight += weight
        while self._weight > self._limit:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: K) -> None:
        old = self._entries.pop(key, None)
        if old is not None:
            self._weight -= self._weigh(old)
