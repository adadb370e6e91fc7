"""A server under a memory limit: what it is asked, what it answers, and what that costs it."""

import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from bench.load import HOST, Unexpected
from bench.measure import cpu_seconds
from tests.integration.stack import free_port

# Of addresses, as `ulimit -v` has it; set from outside (prlimit), so alike for each program.
MEMORY = 2 << 30
PATIENCE = 300.0
GRACE = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """With a body it is a POST."""

    path: str
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    pid: int
    port: int

    def answers(self, requests: Sequence[Request], expected: int = 200) -> list[bytes]:
        """On one connection. Raises Unexpected, and OSError when it is gone."""
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE)) as connection:
            return [_answer(connection, each, expected) for each in requests]

    def milliseconds(self, requests: Sequence[Request], expected: int = 200) -> float:
        """CPU for each of them."""
        before = cpu_seconds(self.pid)
        self.answers(requests, expected)
        return 1000 * (cpu_seconds(self.pid) - before) / len(requests)


def limit(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY, MEMORY))


@contextmanager
def running(name: str, command: Sequence[str], log: Path) -> Iterator[Server]:
    """{port} in the command is filled in. Raises Unexpected where it does not come up."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
        )
    try:
        limit(process.pid)
        server = Server(name, process.pid, port)
        _wait_for(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with closing(HTTPConnection(HOST, server.port, timeout=PATIENCE)) as connection:
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
            except OSError:
                time.sleep(0.05)
            else:
                return
    raise Unexpected(f"{server.name} does not answer: {log.read_text()[-500:]}")


def _answer(connection: HTTPConnection, asked: Request, expected: int) -> bytes:
    connection.request("POST" if asked.body else "GET", asked.path, asked.body, dict(asked.headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != expected:
        raise Unexpected(f"{asked.path}: {answer.status} {body[:300]!r}")
    return body
