"""Processes of a stack, found in /proc; and their end, which none of them can catch."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.integration.stack import Stack, eventually

# What each process of `dphub dev` runs.
COMMANDS = {
    "service": "-m dphub_serving",
    "location": "-m dphub_assets location",
    "webserver": "-m dphub_assets webserver",
    "daemon": "-m dphub_assets daemon",
    "warm": "-m dphub_assets warm",
}


def tree(parent: int) -> Iterator[tuple[int, str]]:
    """Everything that descends from a process: id and command line."""
    above: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        above.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    waiting = [parent]
    while waiting:
        for child in above.get(waiting.pop(), []):
            waiting.append(child)
            yield child, _command(child)


def process(stack: Stack, name: str) -> int:
    """The process of this name, once it is there."""
    assert stack.process is not None
    parent = stack.process.pid

    def find() -> int | None:
        found = [pid for pid, command in tree(parent) if COMMANDS[name] in command]
        # Just after its birth a process is the leash that becomes it.
        return min(found) if found else None

    return eventually(find, f"there was a process {name}")


def builder(stack: Stack) -> int | None:
    """The process that builds: it holds the lock of a spill folder open."""
    for process in Path("/proc").glob("[0-9]*"):
        for target in _opened(process):
            if target.name == "lock" and target.parent.parent == stack.home / "spill":
                return int(process.name)
    return None


def building(stack: Stack) -> int:
    """A process that was stopped (SIGSTOP) in the middle of writing rows."""

    def caught() -> int | None:
        # Who builds is found first: a look at every process takes as long as many a write.
        if (found := builder(stack)) is None:
            return None
        eventually(lambda: _writes(found, stack) or not _lives(found), "rows were being written")
        if not _lives(found):
            return None
        os.kill(found, signal.SIGSTOP)
        if _writes(found, stack):
            return found
        os.kill(found, signal.SIGCONT)
        return None

    return eventually(caught, "a build was under way")


def _writes(pid: int, stack: Stack) -> bool:
    """Whether it has a file of rows open that is not published; those of the dead lie there too."""
    staging = stack.home / "lake" / "staging"
    opened = _opened(Path(f"/proc/{pid}"))
    return any(file.suffix == ".parquet" and staging in file.parents for file in opened)


def _opened(process: Path) -> Iterator[Path]:
    try:
        for entry in (process / "fd").iterdir():
            yield entry.readlink()
    except OSError:
        return


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_everything(stack: Stack) -> None:
    """`dphub dev` and all that descends from it, without a moment in between to tidy up."""
    assert stack.process is not None
    pids = [stack.process.pid, *(pid for pid, _ in tree(stack.process.pid))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    stack.process.wait()
    stack.close()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
