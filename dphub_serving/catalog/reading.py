"""The lake -> the catalog. Only what changed is read; one product's fault stays its own."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from dphub_assets.lake.pointer import Current, Pointer
from dphub_assets.lake.reader import LakeReader
from dphub_serving.catalog.arrivals import Arrivals
from dphub_serving.catalog.catalog import Catalog
from dphub_serving.catalog.served import Served, compile_snapshot
from dphub_serving.rows.lru import Lru

PINNED = 256
KEEP_SECONDS = 60.0


class CatalogReader:
    """`catalog` is replaced as a whole. Safe to call from several threads.

    `expected` are products (name by route) that will come, whatever the lake says of them so far.
    """

    def __init__(self, lake: LakeReader, expected: Mapping[str, str] | None = None) -> None:
        self._lake = lake
        self._expected = expected or {}
        self._compiled: dict[str, Served] = {}
        self._pinned: Lru[str, Served] = Lru(PINNED)
        self._lock, self._pinning = threading.Lock(), threading.Lock()
        self.arrivals = Arrivals(lake)
        self._kept = -KEEP_SECONDS
        self.catalog: Catalog | None = None

    def refresh(self, changed: Callable[[Catalog], None] | None = None) -> Catalog:
        """Look at the lake now. Raises OSError when it cannot be listed.

        `changed` hears of a catalog that serves something else before anybody is served from it.
        """
        with self._lock:
            before = self.catalog or Catalog()
            found = self._lake.pointers()
            degraded = dict(self._lake.faults)
            # A pointer that cannot be read says what it said before.
            unread = {name: it for name, it in before.pointers.items() if name in degraded}
            pointers = {**unread, **found}
            self._compiled = self._compile_all(pointers, degraded)
            self._keep()
            routes = _routes(self._compiled.values(), before, degraded)
            expected = {at: it for at, it in self._expected.items() if at not in routes}
            waiting = {**expected, **_waiting(pointers, self._compiled, routes)}
            catalog = Catalog(routes, waiting, pointers, degraded)
            if changed and self.catalog and self.catalog.state != catalog.state:
                changed(catalog)
            self.catalog = catalog
            return catalog

    def pinned(self, pointer: Pointer, sequence: int) -> Served:
        """An older snapshot of a product, as long as links to it may live.

        Raises NoSnapshot, SnapshotGone, Corrupt.
        """
        with self._pinning:
            retained = _retained(pointer, sequence)
            known = self._pinned.get(retained) if retained else None
            if known is None or not all(Path(each.rows_file).exists() for each in known.tables):
                known = compile_snapshot(self._lake, self._lake.at_sequence(pointer, sequence))
                self._pinned.put(known.snapshot_id, known)
            return known

    def _compile_all(
        self, pointers: Mapping[str, Pointer], degraded: dict[str, str]
    ) -> dict[str, Served]:
        compiled = {}
        self.arrivals.expect(
            (pointer, pointer.current)
            for name, pointer in pointers.items()
            if pointer.current and not self._has(name, pointer.current)
        )
        for name, pointer in pointers.items():
            known = self._compiled.get(name)
            if known and known.uid != pointer.product.uid:
                known = None
            try:
                known = self._current(pointer, known)
            except Exception as error:  # noqa: BLE001 (whatever it is, the others are served)
                degraded[name] = f"its current snapshot cannot be served: {error}"
            if known:
                compiled[name] = known
        return compiled

    def _current(self, pointer: Pointer, known: Served | None) -> Served | None:
        current = pointer.current
        if current is None or (known and known.snapshot_id == current.id):
            return known
        snapshot = self.arrivals.take(pointer, current)
        return compile_snapshot(self._lake, snapshot) if snapshot else known

    def _has(self, name: str, current: Current) -> bool:
        known = self._compiled.get(name)
        return known is not None and known.snapshot_id == current.id

    def _keep(self) -> None:
        """Now and then say which copies are in use."""
        if time.monotonic() - self._kept < KEEP_SECONDS:
            return
        self._kept = time.monotonic()
        tables = [table for each in self._compiled.values() for table in each.tables]
        files = [file for table in tables for file in (table.rows_file, table.index_file) if file]
        self._lake.objects.keep_local([Path(file) for file in files])


def _retained(pointer: Pointer, sequence: int) -> str | None:
    now = datetime.now(UTC)
    living = (old.id for old in pointer.retained if old.sequence == sequence and old.until > now)
    return next(living, None)


def _routes(
    compiled: Iterable[Served], before: Catalog, degraded: dict[str, str]
) -> dict[str, Served]:
    """Who has a route keeps it; among newcomers the oldest snapshot gets it."""

    def rank(served: Served) -> tuple[bool, str, str]:
        holder = before.routes.get(served.route)
        return (holder is None or holder.name != served.name, served.created, served.name)

    routes: dict[str, Served] = {}
    for served in sorted(compiled, key=rank):
        holder = routes.setdefault(served.route, served)
        if holder is not served:
            degraded[served.name] = f"/{served.route} is the path of {holder.name}"
    return routes


def _waiting(
    pointers: Mapping[str, Pointer], compiled: Mapping[str, Served], routes: Mapping[str, Served]
) -> dict[str, str]:
    """Name by route, of what is accepted and cannot be answered from a snapshot."""
    return {
        pointer.route: name
        for name, pointer in pointers.items()
        if name not in compiled and pointer.route not in routes
    }
