"""Named objects: the little that the lake asks of the place where it is kept.

Names are relative, with `/`. An object appears whole or not at all. The directory is the place for
now; an S3 bucket can do all of it (put, conditional put, list with entity tags, a download cache).
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol


class Stamp(NamedTuple):
    """What a listing tells of an object: when it was written, and what differs when it does."""

    modified_ns: int
    size: int
    tag: int


class Objects(Protocol):
    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""

    def write(self, name: str, data: bytes) -> None:
        """Put or replace; durable when it returns."""

    def adopt(self, file: Path, name: str) -> None:
        """Take over a local file; it is gone from where it was."""

    def update(self, name: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Replace by `change(now)` with nobody in between; None is no object, in and out."""

    def list(self, prefix: str) -> Mapping[str, Stamp]:
        """Objects right under `prefix`, in one call; a stamp differs when the object does."""

    def delete(self, name: str) -> None:
        """No error when it is gone already."""

    def delete_tree(self, prefix: str) -> None: ...

    def local(self, name: str) -> Path:
        """A file that DuckDB can open."""

    def uri(self, name: str) -> str: ...

    def staging(self) -> AbstractContextManager[Path]:
        """A local folder that is gone afterwards."""

    def discard_staging(self, before: datetime) -> None:
        """Delete what killed processes have left of theirs, if it was not touched since."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Objects in a local folder. Temporary names begin with a dot and are never listed."""

    root: Path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(target.parent)

    def adopt(self, file: Path, name: str) -> None:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(file)
        file.replace(target)
        _sync(target.parent)

    def update(self, name: str, change: Callable[[bytes | None], bytes | None]) -> None:
        with self._locked(name):
            try:
                before = self.read(name)
            except FileNotFoundError:
                before = None
            after = change(before)
            if after is None:
                self.delete(name)
            elif after != before:
                self.write(name, after)

    def list(self, prefix: str) -> Mapping[str, Stamp]:
        try:
            with os.scandir(self.root / prefix) as entries:
                return {
                    entry.name: Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino)
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_file() and (stat := entry.stat())
                }
        except FileNotFoundError:
            return {}

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def delete_tree(self, prefix: str) -> None:
        shutil.rmtree(self.root / prefix, ignore_errors=True)

    def local(self, name: str) -> Path:
        return self.root / name

    def uri(self, name: str) -> str:
        return str(self.root / name)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        parent = self.root / "staging"
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def discard_staging(self, before: datetime) -> None:
        for folder in (self.root / "staging").glob("*"):
            with suppress(FileNotFoundError):
                if folder.stat().st_mtime < before.timestamp():
                    shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        lock = self.root / "locks" / name.replace("/", "%2F")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
