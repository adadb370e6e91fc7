"""Objects in a local folder."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dphub_assets.lake import staging
from dphub_assets.lake.errors import Corrupt
from dphub_assets.lake.objects import Stamp
from dphub_k8s.api.snapshot import DataFile


@dataclass(frozen=True, slots=True)
class Directory:
    """Objects in a local folder. Temporary names begin with a dot and are never listed."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root

    @property
    def remote(self) -> bool:
        return False

    @property
    def storage_options(self) -> Mapping[str, str]:
        return {}

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
            if after is not None and after != before:
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

    def local(self, name: str, file: DataFile) -> Path:
        found = self.root / name
        if (size := found.stat().st_size) != file.bytes:
            raise Corrupt(f"{name} has {size} bytes, not {file.bytes}")
        return found

    def keep_local(self, files: Collection[Path]) -> None:
        """There are no copies."""

    def uri(self, name: str) -> str:
        return str(self.root / name)

    def staging(self) -> AbstractContextManager[Path]:
        return staging.folder(self.root / "staging")

    def discard_staging(self, before: datetime) -> None:
        staging.discard(self.root / "staging", before)

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
