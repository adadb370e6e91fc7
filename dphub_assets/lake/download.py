"""Local copies of files that never change: each is fetched once, whoever asks, and may go again."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dphub_assets.lake.errors import Corrupt
from dphub_k8s.api.snapshot import DataFile

UNFINISHED = ".part"
LOCKS = 64
UNUSED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Downloads:
    """A folder that several processes may share. Copies that none of them keeps go, the longest
    unused first, while there are more than `limit` bytes."""

    folder: Path
    limit: int

    def get(self, name: str, file: DataFile, download: Callable[[IO[bytes]], None]) -> Path:
        """The copy; `download` writes it where there is none. Raises Corrupt."""
        target = self.folder / name
        if self._has(name, file):
            _touch(target)
            return target
        with self._locked(name):
            if not self._has(name, file):
                self._fetch(target, name, file, download)
        return target

    def keep(self, files: Collection[Path]) -> None:
        """Others see that they are used; what nobody has kept for an hour may go."""
        for file in files:
            _touch(file)
        found = {file: file.stat() for file in self.folder.rglob("*.parquet*")}
        excess = sum(each.st_size for each in found.values()) - self.limit
        for file in sorted(found, key=lambda each: found[each].st_mtime):
            if excess <= 0 or found[file].st_mtime > time.time() - UNUSED_SECONDS:
                return
            file.unlink(missing_ok=True)
            excess -= found[file].st_size

    def _has(self, name: str, file: DataFile) -> bool:
        try:
            return (self.folder / name).stat().st_size == file.bytes
        except FileNotFoundError:
            return False

    def _fetch(
        self, target: Path, name: str, file: DataFile, download: Callable[[IO[bytes]], None]
    ) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(target.name + UNFINISHED)
        try:
            with unfinished.open("w+b") as into:
                download(into)
                into.flush()
                os.fsync(into.fileno())
                _verify(name, file, into)
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Few locks for many files: two of one lock wait for each other now and then."""
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=2).digest()) % LOCKS
        lock = self.folder / "locks" / str(number)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def _touch(file: Path) -> None:
    with suppress(FileNotFoundError):
        os.utime(file)


def _verify(name: str, file: DataFile, found: IO[bytes]) -> None:
    size = found.tell()
    if size != file.bytes:
        raise Corrupt(f"{name} has {size} bytes, not {file.bytes}")
    found.seek(0)
    if file.digest and (digest := hashlib.file_digest(found, "sha256").hexdigest()) != file.digest:  # type: ignore[arg-type]
        raise Corrupt(f"{name} has the digest {digest}, not {file.digest}")
