"""`python -m dphub_serving.cache.build FOLDER LIMIT KEY STATEMENT…`: writes one native file.

A process of its own that gives way to all others, because it costs as much as reading the whole
snapshot. One at a time works in a folder, whoever asked for it.
"""

import errno
import os
import resource
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from dphub_serving.cache.folder import UNFINISHED, Folder

TOO_BIG = 3  # the exit status where the file has no room, or its making too little memory
LOW_PRIORITY = 10
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "temp_directory": "",
}


def main(arguments: Sequence[str]) -> int:
    path, limit, key, *statements = arguments
    folder = Folder(Path(path), int(limit))
    os.nice(LOW_PRIORITY)
    with folder.locked(wait=True):
        if folder.file(key).exists():
            return 0
        folder.sweep()
        room = min(folder.room(), shutil.disk_usage(folder.path).free // 2)
        # DuckDB gets an error from the kernel for what would be too much.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        return _write(folder.file(key), statements)


def _write(target: Path, statements: Sequence[str]) -> int:
    """What is left when this is killed is swept by whoever has the lock next."""
    unfinished = target.with_name(target.name + UNFINISHED)
    try:
        with duckdb.connect(unfinished, config=CONFIG) as database:
            for statement in statements:
                database.execute(statement)
            # Closing would do the same, and say nothing of what goes wrong.
            database.execute("CHECKPOINT")
    except duckdb.Error as error:
        for leftover in target.parent.glob(f"{unfinished.name}*"):
            leftover.unlink()
        out_of_memory = isinstance(error, duckdb.OutOfMemoryException)
        if out_of_memory or os.strerror(errno.EFBIG) in str(error):
            return TOO_BIG
        raise
    unfinished.rename(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
