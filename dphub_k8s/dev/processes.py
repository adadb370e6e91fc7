"""Processes under one parent: started together, told apart in the log, stopped together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 5.0
POLL_SECONDS = 0.05


@dataclass
class Processes:
    """By name, in the order of their start. Every line that one prints gets its name in front."""

    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """`arguments` are those of this Python."""
        process = subprocess.Popen(
            [sys.executable, "-m", "dphub_k8s.dev.leash", sys.executable, *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the parent, which stops them in order
        )
        self._running[name] = process
        threading.Thread(target=_prefix, args=(name, process), daemon=True).start()

    def dead(self) -> tuple[str, int] | None:
        """The first that has ended, with its exit status."""
        for name, process in self._running.items():
            if (status := process.poll()) is not None:
                return name, status
        return None

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to the process group of what is still there in the end."""
        for process in reversed(self._running.values()):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
            _kill_group(process.pid)
            process.wait()
        self._running.clear()


def _kill_group(leader: int) -> None:
    """Also what a process that ended in good order has left behind."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _prefix(name: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        print(f"{name:>9} | {line}", end="", flush=True)
