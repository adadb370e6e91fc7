"""A real service in a process of its own, on a free port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.stack import free_port

DEADLINE = 60


@dataclass(frozen=True)
class Service:
    http: httpx.Client
    pid: int
    log: Path
    seconds_to_ready: float

    def wait_until(self, holds: Callable[[], bool], seconds: float = DEADLINE) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def resident_mib(self) -> float:
        text = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = [line for line in text.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


@contextmanager
def running(home: Path, command: tuple[str, ...] = (), **env: str) -> Iterator[Service]:
    """`command` instead of `python -m dphub_serving`; {port} is filled in."""
    home.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), home / f"service-{time.monotonic_ns()}.log"
    words = command or ("-m", "dphub_serving")
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *(word.format(port=port) for word in words)],
            env={**os.environ, "DPHUB_HOME": str(home), "DPHUB_PORT": str(port), **env},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE) as client:
            _wait_ready(client, process, log)
            yield Service(client, process.pid, log, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)


def _wait_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(log.read_text())
