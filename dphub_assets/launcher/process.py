"""Is a process alive, and still the same one? Asked of the system: no other process has to know."""

import os
import sys
from pathlib import Path


def birth(pid: int) -> str | None:
    """What tells a process from a later one of the same id; None when it has ended.

    On Linux the ticks from boot to its start, which no change of the clock touches.
    """
    if sys.platform != "linux":
        return "alive" if _exists(pid) else None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else ticks


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
