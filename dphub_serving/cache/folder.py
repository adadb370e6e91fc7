"""The folder of the native files: what may stand in it, for how long, and how many bytes of it.

Workers of one service share it, and other services may. Who adds or removes a file holds its lock;
who reads needs none, for an open file stays readable after it is removed.
"""

import fcntl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_serving.sql.native import FORMAT

SUFFIX = f".{FORMAT}-{duckdb.__version__}.duckdb"
UNFINISHED = ".unfinished"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Folder:
    """Never holds more than `limit` bytes, apart from what is being read and removed already."""

    path: Path
    limit: int

    def file(self, key: str) -> Path:
        return self.path / f"{key}{SUFFIX}"

    @contextmanager
    def locked(self, *, wait: bool) -> Iterator[bool]:
        """Whether this process alone may change the folder now."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def sweep(self, current: Iterable[str] = (), unused: float = DAY) -> None:
        """Remove leftovers of builders that died, files of other versions, and what is of no
        `current` snapshot and was not asked for lately. Only for who holds the lock."""
        kept, now = set(current), time.time()
        for file in self.path.glob("*.duckdb*"):
            key = file.name.removesuffix(SUFFIX)
            stale = key not in kept and now - _used(file) > unused
            if key == file.name or stale:
                file.unlink(missing_ok=True)

    def room(self) -> int:
        """The bytes that the next file may have; what was not asked for longest goes for it.
        Only for who holds the lock."""
        files = sorted(self.path.glob(f"*{SUFFIX}"), key=_used, reverse=True)
        kept = 0
        for file in files:
            size = file.stat().st_size
            if kept + size > self.limit // 2:
                file.unlink(missing_ok=True)
            else:
                kept += size
        return self.limit - kept


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
