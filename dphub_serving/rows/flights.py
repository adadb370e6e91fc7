"""Equal questions that are asked at the same time are answered once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dphub_serving.rows.errors import Abandoned

T = TypeVar("T")
Gone = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class _Flight(Generic[T]):
    """`left` is set when nobody waits for it any more."""

    task: asyncio.Task[T]
    left: asyncio.Event
    waiting: int = 0


@dataclass(slots=True)
class Flights(Generic[T]):
    """Of one event loop."""

    _flights: dict[Hashable, _Flight[T]] = field(default_factory=dict)

    async def run(
        self, key: Hashable, answer: Callable[[Gone], Awaitable[T]], gone: Gone | None = None
    ) -> T:
        """What `answer` gives to everybody who asks for `key` meanwhile; it is told when all have
        gone. Raises what it raises, and Abandoned when this one has."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = self._begin(key, answer)
        flight.waiting += 1
        awaited: list[asyncio.Future[Any]] = [flight.task]
        watcher = asyncio.ensure_future(gone()) if gone else None
        try:
            await asyncio.wait(
                [*awaited, watcher] if watcher else awaited,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if flight.task.done():
                return flight.task.result()
            raise Abandoned
        finally:
            if watcher:
                watcher.cancel()
            flight.waiting -= 1
            if flight.waiting == 0:
                flight.left.set()
                self._end(key, flight)

    def _begin(self, key: Hashable, answer: Callable[[Gone], Awaitable[T]]) -> _Flight[T]:
        left = asyncio.Event()
        flight = _Flight(asyncio.ensure_future(_task(answer, left.wait)), left)
        flight.task.add_done_callback(lambda _: self._end(key, flight))
        return flight

    def _end(self, key: Hashable, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            # Nobody may be left to hear how it ended, and asyncio would complain.
            flight.task.exception()


async def _task(answer: Callable[[Gone], Awaitable[T]], gone: Gone) -> T:
    return await answer(gone)
