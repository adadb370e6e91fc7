"""Local copies of files that never change: each is fetched once, whoever asks, and may go again."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dphub_assets.lake.errors import Corrupt
from dphub_k8s.api.snapshot import DataFile

UNFINISHED = ".part"
LOCKS = 64


@dataclass(frozen=True, slots=True)
class Downloads:
    """A folder that several processes may share."""

    folder: Path

    def has(self, name: str, file: DataFile) -> bool:
        try:
            return (self.folder / name).stat().st_size == file.bytes
        except FileNotFoundError:
            return False

    def get(self, name: str, file: DataFile, download: Callable[[IO[bytes]], None]) -> Path:
        """The copy; `download` writes it where there is none. Raises Corrupt."""
        target = self.folder / name
        if self.has(name, file):
            return target
        with self._locked(name):
            if not self.has(name, file):
                self._fetch(target, name, file, download)
        return target

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


def _verify(name: str, file: DataFile, found: IO[bytes]) -> None:
    size = found.tell()
    if size != file.bytes:
        raise Corrupt(f"{name} has {size} bytes, not {file.bytes}")
    found.seek(0)
    if file.digest and (digest := hashlib.file_digest(found, "sha256").hexdigest()) != file.digest:  # type: ignore[arg-type]
        raise Corrupt(f"{name} has the digest {digest}, not {file.digest}")
