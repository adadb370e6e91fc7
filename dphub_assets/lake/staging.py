"""Local folders in which a publish gathers its files."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path


@contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """Gone afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as made:
        yield Path(made)


def discard(parent: Path, before: datetime) -> None:
    for left in parent.glob("*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < before.timestamp():
                shutil.rmtree(left, ignore_errors=True)
