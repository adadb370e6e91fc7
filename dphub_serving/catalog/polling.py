"""Keeps a catalog up to date: looks at the lake every second, and whenever it is told to."""

import asyncio
import logging
from contextlib import suppress

from dphub_assets.lake.errors import LakeError
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.reading import CatalogReader
from dphub_serving.catalog.stamp import Stamp

# Snapshots that arrive together are looked at together.
TOGETHER_SECONDS = 0.2
log = logging.getLogger("dphub.serving")


class Polling:
    """`run` goes on until it is cancelled. A lake that cannot be listed changes nothing.

    `fault` says why the lake could not be listed when that was tried last.
    """

    def __init__(self, reader: CatalogReader, seconds: float, stamp: Stamp) -> None:
        self._reader = reader
        self._seconds = seconds
        self._stamp = stamp
        self._seen = -1
        self._lock = asyncio.Lock()
        self.fault: str | None = None

    @property
    def catalog(self) -> Catalog | None:
        return self._reader.catalog

    async def run(self) -> None:
        loop, come = asyncio.get_running_loop(), asyncio.Event()
        self._reader.arrivals.arrived = lambda: _tell(loop, come)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(come.wait(), self._seconds)
                await asyncio.sleep(TOGETHER_SECONDS)
            come.clear()
            await self.refresh()

    async def reload(self) -> bool:
        """Look now, and have the other workers look before their next answer; whether they can."""
        told = self._stamp.advance()
        await self.refresh()
        return told

    async def keep_up(self) -> None:
        """Look at the lake where another worker has found something new since."""
        if self._stamp.read() == self._seen:
            return
        async with self._lock:
            if (stamp := self._stamp.read()) != self._seen:
                await self._refresh(stamp, tell=False)

    async def refresh(self) -> Catalog | None:
        async with self._lock:
            return await self._refresh(self._stamp.read(), tell=True)

    async def _refresh(self, stamp: int, *, tell: bool) -> Catalog | None:
        """`stamp` was read before, so what is told of meanwhile is looked at again."""
        before, told = self._reader.catalog, 0

        def changed(_: Catalog) -> None:
            nonlocal told
            told = int(self._stamp.advance())

        try:
            catalog = await asyncio.to_thread(self._reader.refresh, changed if tell else None)
        except (LakeError, OSError) as error:
            if self.fault is None:
                log.warning("lake cannot be listed", extra={"why": str(error)})
            self.fault = f"the lake cannot be listed: {getattr(error, 'strerror', error)}"
            return before
        finally:
            self._seen = stamp + told
        self.fault = None
        _report(before, catalog)
        return catalog


def _tell(loop: asyncio.AbstractEventLoop, come: asyncio.Event) -> None:
    """From another thread; nobody hears it when the service has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(come.set)


def _report(before: Catalog | None, now: Catalog) -> None:
    if before is None or before.state != now.state:
        log.info("catalog read", extra={"products": len(now.routes), "waiting": len(now.waiting)})
    for name, why in now.degraded.items():
        if before is None or before.degraded.get(name) != why:
            log.warning("product degraded", extra={"product": name, "why": why})
