"""Keeps a catalog up to date: looks at the lake every second, and whenever it is told to."""

import asyncio
import logging

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.reading import CatalogReader

log = logging.getLogger("dphub.serving")


class Polling:
    """`run` goes on until it is cancelled. A lake that cannot be listed changes nothing.

    `fault` says why the lake could not be listed when that was tried last.
    """

    def __init__(self, reader: CatalogReader, seconds: float) -> None:
        self._reader = reader
        self._seconds = seconds
        self.fault: str | None = None

    @property
    def catalog(self) -> Catalog | None:
        return self._reader.catalog

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self.refresh()

    async def refresh(self) -> Catalog | None:
        before = self._reader.catalog
        try:
            catalog = await asyncio.to_thread(self._reader.refresh)
        except OSError as error:
            if self.fault is None:
                log.warning("lake cannot be listed", extra={"why": str(error)})
            self.fault = f"the lake cannot be listed: {error.strerror}"
            return before
        self.fault = None
        _report(before, catalog)
        return catalog


def _report(before: Catalog | None, now: Catalog) -> None:
    if before is None or before.state != now.state:
        log.info("catalog read", extra={"products": len(now.routes), "waiting": len(now.waiting)})
    for name, why in now.degraded.items():
        if before is None or before.degraded.get(name) != why:
            log.warning("product degraded", extra={"product": name, "why": why})
