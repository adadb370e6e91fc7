"""An S3 server's front door that makes trouble at one request, for tests.

`arm` says at which request from now on: the asking process is killed before the request gets
through ("before") or when it has been done ("after"), or its answer gets lost ("lost"). While
`held`, requests for a name that contains it wait.
"""

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

Trouble = Literal["before", "after", "lost"]
ARM = "/--arm"


@dataclass
class Trap:
    trouble: Trouble | None = None
    step: int = 0
    victim: int = 0

    def springs(self) -> Trouble | None:
        """Counts one request."""
        self.step -= 1
        return self.trouble if self.step == 0 else None


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = behind
        self.trap = Trap()
        self.asked: list[str] = []
        self.held = ""
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if self.path.startswith(ARM):
            self._arm()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.counting:
            trouble = self.server.trap.springs()
            self.server.asked.append(f"{self.command} {self.path}")
        while self.server.held and self.server.held in self.path:
            time.sleep(0.01)
        if trouble == "before":
            os.kill(self.server.trap.victim, signal.SIGKILL)
            return
        status, headers, answer = self._ask(body)
        if trouble == "after":
            os.kill(self.server.trap.victim, signal.SIGKILL)
        if trouble is None:
            self._answer(status, headers, answer)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at `asked`."""

    def _arm(self) -> None:
        said = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        trouble: Trouble = said["trouble"]  # type: ignore[assignment]
        self.server.trap = Trap(trouble, int(said["step"]), int(said["victim"]))
        self._answer(200, [], b"")

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.server.behind).netloc, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), data

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running(behind: str) -> Iterator[Proxy]:
    proxy = Proxy(behind)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def arm(url: str, trouble: Trouble, step: int) -> None:
    """For this process, from its next request on."""
    urlopen(f"{url}{ARM}?trouble={trouble}&step={step}&victim={os.getpid()}").close()
