"""Processes of a stack, and their end, which none of them can catch."""

import os
import signal

from tests.integration.stack import Stack, eventually
from tests.processes import command, every, lives, open_files, tree

# What each process of `dphub dev` runs.
COMMANDS = {
    "service": "-m dphub_serving",
    "location": "-m dphub_assets location",
    "webserver": "-m dphub_assets webserver",
    "daemon": "-m dphub_assets daemon",
    "warm": "-m dphub_assets warm",
}


def process(stack: Stack, name: str) -> int:
    """The process of this name, once it is there."""
    assert stack.process is not None
    parent = stack.process.pid

    def find() -> int | None:
        found = [pid for pid in tree(parent) if COMMANDS[name] in " ".join(command(pid))]
        # Just after its birth a process is the leash that becomes it.
        return min(found) if found else None

    return eventually(find, f"there was a process {name}")


def builder(stack: Stack) -> int | None:
    """The process that builds: it holds the lock of a spill folder open."""
    for pid in every():
        for target in open_files(pid):
            if target.name == "lock" and target.parent.parent == stack.home / "spill":
                return pid
    return None


def building(stack: Stack) -> int:
    """A process that was stopped (SIGSTOP) in the middle of writing rows."""

    def caught() -> int | None:
        # Who builds is found first: a look at every process takes as long as many a write.
        if (found := builder(stack)) is None:
            return None
        eventually(lambda: _writes(found, stack) or not lives(found), "rows were being written")
        if not lives(found):
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
    return any(file.suffix == ".parquet" and staging in file.parents for file in open_files(pid))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_everything(stack: Stack) -> None:
    """`dphub dev` and all that descends from it, without a moment in between to tidy up."""
    assert stack.process is not None
    pids = [stack.process.pid, *tree(stack.process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    stack.process.wait()
    stack.close()
