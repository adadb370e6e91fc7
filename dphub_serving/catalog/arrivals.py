"""Snapshots on their way here: a lake that is far away is read in the background.

Nothing is served before all its files are local; what was served before stays until then.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from dphub_assets.lake.pointer import Current, Pointer
from dphub_assets.lake.reader import LakeReader, Snapshot

THREADS = 8
PATIENCE_SECONDS = 1.0


class Arrivals:
    """`arrived` is called, in whatever thread, when a snapshot has come or has failed to."""

    def __init__(self, lake: LakeReader) -> None:
        self._lake = lake
        self._coming: dict[str, Future[Snapshot]] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fetch")
        self.arrived: Callable[[], None] = lambda: None

    def expect(self, wanted: Iterable[tuple[Pointer, Current]]) -> None:
        """Let them come, those that do not yet, and wait a moment for the quick ones."""
        if not self._lake.objects.remote:
            return
        self._coming = {
            current.id: self._coming.get(current.id)
            or self._pool.submit(self._fetch, pointer, current)
            for pointer, current in wanted
        }
        _, late = wait(self._coming.values(), PATIENCE_SECONDS)
        for future in late:
            future.add_done_callback(lambda _: self.arrived())

    def take(self, pointer: Pointer, current: Current) -> Snapshot | None:
        """None while it is on its way. Raises LakeError, OSError; then it may be expected again."""
        if not self._lake.objects.remote:
            return self._lake.open(pointer, current)
        coming = self._coming.get(current.id)
        if coming is None or not coming.done():
            return None
        return self._coming.pop(current.id).result()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, pointer: Pointer, current: Current) -> Snapshot:
        snapshot = self._lake.open(pointer, current)
        for file in snapshot.document.all_files:
            self._lake.local(snapshot, file)
        return snapshot
