"""The DuckDB that a build runs in: bounded memory, spills to its own folder, loads nothing."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from dphub_assets.settings import BuildSettings

LOCK = "lock"


@contextmanager
def session(settings: BuildSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    with _spill(settings.spill) as folder:
        connection = duckdb.connect(
            config={
                "memory_limit": settings.memory_limit,
                "threads": settings.threads,
                "temp_directory": str(folder),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            }
        )
        try:
            # A timestamp without a zone is one of UTC, wherever the build runs.
            connection.execute("SET TimeZone = 'UTC'")
            # A slow statement would draw one on standard output.
            connection.execute("SET enable_progress_bar = false")
            yield connection
        finally:
            connection.close()


@contextmanager
def _spill(parent: Path) -> Iterator[Path]:
    """A folder of one's own: DuckDB gives its files the same names in every process.

    A living session holds the lock of its folder; what is not locked was left by a killed one.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / LOCK).open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        for old in parent.glob(f"*/{LOCK}"):
            _remove_abandoned(old)
        folder = Path(mkdtemp(dir=parent))
        lock = (folder / LOCK).open("a")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _remove_abandoned(lock: Path) -> None:
    try:
        with lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
    except OSError:
        return
