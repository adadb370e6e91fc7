"""Files as the directory store sees them: what is there, what has come to rest, written whole."""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dphub_k8s.documents import SUFFIXES

# Modification time in ns, size and inode: another text has another one.
Signature = tuple[int, int, int]

SETTLE_S = 0.05
MOST_WAITS = 10


def scan(folder: Path) -> dict[str, Signature]:
    """The files that may hold documents, by their path in `folder`; raises OSError if it is none.

    Hidden names, and those that editors use for files in the making, are passed over, so is a
    linked folder (it may lead back here).
    """
    found: dict[str, Signature] = {}
    _scan(str(folder), "", found)
    return found


def _scan(folder: str, prefix: str, found: dict[str, Signature]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "#")):
                continue
            if entry.is_dir(follow_symlinks=False):
                _scan(entry.path, f"{prefix}{entry.name}/", found)
            elif entry.name.endswith(SUFFIXES) and entry.is_file():
                with suppress(FileNotFoundError):
                    found[prefix + entry.name] = _signature(entry.stat())


def _signature(stat: os.stat_result) -> Signature:
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def signature(path: Path) -> Signature | None:
    try:
        return _signature(path.stat())
    except FileNotFoundError:
        return None


def settled(
    folder: Path, known: Mapping[str, Signature], own: str | None = None
) -> dict[str, Signature]:
    """As `scan`, once what differs from `known` has kept still for a moment, at most half a second.

    Programs that save a file empty it first, or move it away and write it anew: seen in between,
    it would look deleted. What this process wrote itself (`own`) needs no second look.
    """
    seen = scan(folder)
    for _ in range(MOST_WAITS):
        if not any(_moving(name, seen, known) for name in (seen.keys() | known.keys()) - {own}):
            break
        time.sleep(SETTLE_S)
        before, seen = seen, scan(folder)
        if before == seen:
            break
    return seen


def _moving(name: str, seen: Mapping[str, Signature], known: Mapping[str, Signature]) -> bool:
    now = seen.get(name)
    if now is None:
        return True
    return now != known.get(name) and 0 <= time.time() - now[0] / 1e9 < SETTLE_S


def write(path: Path, text: str, *, durable: bool = True) -> None:
    """The old content or the new, never a mixture; mode and links are kept."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        # The clock of a file system ticks in milliseconds: two texts could share a signature.
        os.utime(draft, ns=(now := time.time_ns(), now))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Only one holder among all threads and processes; given back by the system when one dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Said aloud: a child that was forked meanwhile has the file open as well.
            fcntl.flock(file, fcntl.LOCK_UN)
