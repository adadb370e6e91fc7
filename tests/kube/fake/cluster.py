"""An API server in memory: enough of one for kubectl, the hub, and faults at will.

What it does as the real one is what `tests/conformance/api` asks of both. It knows no CEL (give it
a validator), no strategic merge patch (lists are replaced), and keeps no promises about order
between resources.
"""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.kube.fake import consequences
from tests.kube.fake.calls import Call
from tests.kube.fake.face import Face
from tests.kube.fake.faults import Faults
from tests.kube.fake.kinds import NAMESPACE
from tests.kube.fake.rights import Forbidden
from tests.kube.fake.state import State, Validator
from tests.kube.fake.target import Target
from tests.kube.fake.verbs import create


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, cluster: "FakeCluster") -> None:
        self.cluster = cluster
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Face)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        self.cluster.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class FakeCluster:
    """`calls` are all requests so far, over so many `connections`.

    `bookmark_seconds` is how often watches get a bookmark.
    """

    def __init__(self, bookmark_seconds: float | None = None) -> None:
        self.state = State()
        self.faults = Faults()
        self.calls: list[Call] = []
        self.forbidden = [Forbidden(user="nobody")]
        self.bookmark_seconds = bookmark_seconds
        self.connections = 0
        self.stopped = threading.Event()
        self._port = 0
        self._users = {"admin-token": "admin"}
        self._server: Server | None = None
        self._thread = threading.Thread()
        self.validate("", "configmaps", consequences.too_large)
        for name in ("default", "kube-system"):
            document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            with self.state.changed:
                create(self.state, Target(NAMESPACE, ""), document, "fake")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Again after `stop`, too: on the same port, with the same objects."""
        self.stopped.clear()
        self._server = Server(self._port, self)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Watches break off, and nobody answers."""
        assert self._server is not None
        self.stopped.set()
        with self.state.changed:
            self.state.changed.notify_all()
        self._server.shutdown()
        self._server.hang_up()
        self._thread.join()
        self._server.server_close()

    def compact(self) -> None:
        self.state.compact()

    def validate(self, group: str, plural: str, validator: Validator) -> None:
        """Refuses what the validator finds, field and message, beside the schema of the CRD."""
        self.state.validators[group, plural] = validator

    def user(self, authorization: str) -> str | None:
        """None: an unknown token. kubectl sends none without TLS."""
        if not authorization:
            return "admin"
        return self._users.get(authorization.removeprefix("Bearer "))

    def kubeconfig(self, file: Path, user: str = "admin") -> Path:
        """For any user: all but `nobody` may do everything, until it is `forbidden`."""
        file.write_text(json.dumps(self._kubeconfig(user)))
        return file

    def _kubeconfig(self, user: str) -> dict[str, object]:
        token = f"{user}-token"
        self._users[token] = user
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": user, "context": {"cluster": "fake", "user": user}}],
            "current-context": user,
        }


@contextmanager
def running(bookmark_seconds: float | None = None) -> Iterator[FakeCluster]:
    cluster = FakeCluster(bookmark_seconds)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
