"""Processes as /proc has them. Each may end while it is looked at: then it has nothing."""

from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def every() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.glob("[0-9]*"))


def command(pid: int) -> list[str]:
    """The words of its command line."""
    return _read(pid, "cmdline").split("\0")


def lives(pid: int) -> bool:
    # A zombie whose parent was killed waits for init.
    return _stat(pid)[:1] not in ([], ["Z"], ["X"])


def children(parent: int) -> list[int]:
    return [pid for pid in every() if _stat(pid)[1:2] == [str(parent)]]


def tree(parent: int) -> Iterator[int]:
    """Everything that descends from a process."""
    above: dict[str, list[int]] = {}
    for pid in every():
        above.setdefault("".join(_stat(pid)[1:2]), []).append(pid)
    waiting = [parent]
    while waiting:
        for child in above.get(str(waiting.pop()), []):
            waiting.append(child)
            yield child


def open_files(pid: int) -> Iterator[Path]:
    try:
        for entry in (PROC / str(pid) / "fd").iterdir():
            yield entry.readlink()
    except OSError:
        return


def _stat(pid: int) -> list[str]:
    """State, parent, and what follows them (proc_pid_stat(5)); the name before may have blanks."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, file: str) -> str:
    try:
        return (PROC / str(pid) / file).read_text()
    except OSError:
        return ""
