"""The line before the threads: who waits, who is sent away, and what is stopped."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from dphub_serving.rows.errors import Abandoned, Busy, Expired
from dphub_serving.rows.line import Line, LineLimits


class Worker:
    """A session that works until it is interrupted often enough."""

    def __init__(self, ignores: int = 0) -> None:
        self.left = ignores + 1
        self.stopped = threading.Event()

    def interrupt(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.stopped.set()

    def work(self) -> bool:
        return self.stopped.wait(30)


@contextmanager
def line(
    threads: int = 1, seconds: float = 30, patience: float = 5, ignores: int = 0
) -> Iterator[Line[Worker]]:
    limits = LineLimits(threads, seconds, patience)
    made = Line("test", limits, lambda: Worker(ignores))
    try:
        yield made
    finally:
        made.close()


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def test_an_iteration_that_stops_ends_the_answer() -> None:
    nothing: Iterator[int] = iter(())
    with line(seconds=20) as working:
        began = time.monotonic()
        with pytest.raises(RuntimeError):
            asyncio.run(working.run(lambda _: next(nothing)))
        assert time.monotonic() - began < 10


def test_an_interrupt_that_is_lost_is_repeated() -> None:
    with line(seconds=0.1, ignores=3) as waiting:

        async def ask() -> None:
            with pytest.raises(Expired):
                await waiting.run(Worker.work)
            await until(lambda: waiting.counts.running == 0)

        asyncio.run(ask())
        assert (waiting.counts.expired, waiting.counts.waiting) == (1, 0)


def test_an_answer_is_stopped_when_the_client_leaves() -> None:
    with line() as waiting:

        async def ask() -> None:
            left = asyncio.Event()
            asked = asyncio.create_task(waiting.run(Worker.work, left.wait))
            await until(lambda: waiting.counts.running == 1)
            left.set()
            with pytest.raises(Abandoned):
                await asked
            await until(lambda: waiting.counts.running == 0)

        asyncio.run(ask())
        assert waiting.counts.abandoned == 1


def test_who_leaves_while_waiting_is_never_begun() -> None:
    begun: list[bool] = []
    with line() as waiting:

        async def ask() -> None:
            free, left = threading.Event(), asyncio.Event()
            busy = asyncio.create_task(waiting.run(lambda _: free.wait(30)))
            await until(lambda: waiting.counts.running == 1)
            asked = asyncio.create_task(waiting.run(lambda _: begun.append(True), left.wait))
            left.set()
            with pytest.raises(Abandoned):
                await asked
            free.set()
            assert await busy
            assert await waiting.run(lambda _: "next") == "next"

        asyncio.run(ask())
    assert begun == []


def test_who_has_waited_long_enough_is_sent_away() -> None:
    with line(patience=0.2) as waiting:

        async def ask() -> None:
            free = threading.Event()
            busy = asyncio.create_task(waiting.run(lambda _: free.wait(30)))
            await until(lambda: waiting.counts.running == 1)
            with pytest.raises(Busy) as told:
                await waiting.run(lambda _: True)
            assert told.value.seconds == 1
            free.set()
            assert await busy

        asyncio.run(ask())
        assert (waiting.counts.shed, waiting.counts.waiting) == (1, 0)


def test_who_would_wait_too_long_is_sent_away_at_once() -> None:
    """From what answers took so far, and how many are before."""

    async def ask(waiting: Line[Worker]) -> None:
        for _ in range(20):
            await waiting.run(lambda _: time.sleep(0.02))
        work: list[Awaitable[object]] = [waiting.run(lambda _: time.sleep(0.02)) for _ in range(60)]
        began = time.monotonic()
        found = await asyncio.gather(*work, return_exceptions=True)
        shed = [each for each in found if each is not None]
        assert all(isinstance(each, Busy) for each in shed)
        assert 0 < len(shed) < 60
        assert len(shed) == waiting.counts.shed
        assert time.monotonic() - began < 60 * 0.02

    with line(patience=0.3) as waiting:
        asyncio.run(ask(waiting))
