"""Threads that answer, the line before them, and what ends an answer before its time.

Who would wait longer than that is worth is sent away at once, so that the others are answered in
time. An answer that takes too long, or that nobody waits for any more, is interrupted.
"""

import asyncio
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from dphub_serving.rows.errors import Abandoned, Busy, Expired

log = logging.getLogger("dphub.serving")

LONGEST_LINE = 1000
# DuckDB forgets an interrupt that comes between two statements of an answer: it is repeated.
INTERRUPT_EVERY = 0.05
# Most answers are there before it is worth asking whether the client is.
WATCH_AFTER = 0.05
LOG_EVERY = 10.0
# How much the newest answer counts in the mean duration.
NEWEST = 0.1

T = TypeVar("T")


class Interruptible(Protocol):
    def interrupt(self) -> None: ...


S = TypeVar("S", bound=Interruptible)


@dataclass(slots=True)
class _Job:
    """What a thread is at; `over` says that nobody waits for it any more."""

    waiting: bool = True
    over: bool = False
    session: Interruptible | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, session: Interruptible) -> bool:
        with self.lock:
            self.session = None if self.over else session
            return not self.over

    def end(self) -> None:
        with self.lock:
            self.session = None

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        with self.lock:
            self.over = True
            if self.session is None:
                return
            self.session.interrupt()
        loop.call_later(INTERRUPT_EVERY, self.stop, loop)


@dataclass(slots=True)
class Counts:
    """`shed` were sent away, `expired` took too long, of `abandoned` ones the client has left."""

    running: int = 0
    waiting: int = 0
    answered: int = 0
    shed: int = 0
    expired: int = 0
    abandoned: int = 0


@dataclass(frozen=True, slots=True)
class LineLimits:
    """`seconds` is the deadline of an answer, `patience` how long one may wait for its turn."""

    threads: int
    seconds: float
    patience: float


class Line(Generic[S]):
    def __init__(self, name: str, limits: LineLimits, session: Callable[[], S]) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix=name)
        self._session = session
        self._local = threading.local()
        self._lock = threading.Lock()
        self._mean = 0.0
        self._logged = -math.inf
        self.name = name
        self.counts = Counts()

    async def run(
        self, work: Callable[[S], T], gone: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        """What `work` makes with a thread's session; `gone` returns when the client has left.

        Raises EngineError.
        """
        self._admit()
        loop, job = asyncio.get_running_loop(), _Job()
        try:
            answer = loop.run_in_executor(self._pool, self._do, job, work)
            answer.add_done_callback(_heard)
            return await self._wait(answer, job, gone)
        except Expired:
            self.counts.expired += 1
            raise
        except (Abandoned, asyncio.CancelledError):
            self.counts.abandoned += 1
            raise
        finally:
            self._leave(job)
            job.stop(loop)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _admit(self) -> None:
        with self._lock:
            counts = self.counts
            before = max(0, counts.waiting + counts.running + 1 - self._limits.threads)
            seconds = before * self._mean / self._limits.threads
            full = counts.waiting >= LONGEST_LINE or seconds > self._limits.patience
            if not full:
                counts.waiting += 1
        if full:
            raise self._busy(seconds)

    def _busy(self, seconds: float) -> Busy:
        self.counts.shed += 1
        now = time.monotonic()
        if now - self._logged > LOG_EVERY:
            self._logged = now
            fields = {"line": self.name, "waiting": self.counts.waiting, "shed": self.counts.shed}
            log.warning("overloaded", extra=fields)
        return Busy(max(1, math.ceil(seconds)))

    async def _wait(
        self,
        answer: asyncio.Future[T | None],
        job: _Job,
        gone: Callable[[], Awaitable[object]] | None,
    ) -> T:
        began = time.monotonic()
        watcher: asyncio.Future[Any] | None = None
        try:
            for limit in sorted({WATCH_AFTER, self._limits.patience, self._limits.seconds}):
                left = max(0.0, began + limit - time.monotonic())
                awaited: list[asyncio.Future[Any]] = [answer, watcher] if watcher else [answer]
                await asyncio.wait(awaited, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if answer.done():
                    return answer.result()  # type: ignore[return-value]
                if watcher and watcher.done():
                    raise Abandoned
                if limit == self._limits.seconds:
                    break
                if limit == self._limits.patience and job.waiting:
                    raise self._busy(self._limits.patience)
                if watcher is None and gone:
                    watcher = asyncio.ensure_future(gone())
        finally:
            if watcher:
                watcher.cancel()
        raise Expired

    def _do(self, job: _Job, work: Callable[[S], T]) -> T | None:
        session: S | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._session()
        self._leave(job)
        if not job.begin(session):
            return None
        began = time.monotonic()
        with self._lock:
            self.counts.running += 1
        try:
            return work(session)
        except StopIteration as error:
            # No future takes it: whoever waits would wait until the deadline.
            raise RuntimeError("the work stopped an iteration that nobody had begun") from error
        finally:
            job.end()
            with self._lock:
                self.counts.running -= 1
                self.counts.answered += 1
                self._mean += NEWEST * (time.monotonic() - began - self._mean)

    def _leave(self, job: _Job) -> None:
        """It waits no longer: it has its turn, or has given up."""
        with self._lock:
            self.counts.waiting -= job.waiting
            job.waiting = False


def _heard(answer: asyncio.Future[Any]) -> None:
    """Nobody may be left to hear how it ended, and asyncio would complain."""
    if not answer.cancelled():
        answer.exception()
