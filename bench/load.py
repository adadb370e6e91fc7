"""A cheap HTTP client: raw sockets that stay open, one request at a time on each.

It shares the machine with the server that it asks, so it does as little as it can.
"""

import re
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

HOST = "127.0.0.1"
SECONDS = 600.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
_WITHOUT_BODY = frozenset({204, 304})
_CHUNK = 1 << 18


class Unexpected(Exception):
    """An answer of another status than was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def tag(self) -> str:
        found = _TAG.search(self.head)
        assert found, self.head
        return found[1].decode()


@dataclass(slots=True)
class Connection:
    port: int
    _socket: socket.socket = field(init=False)
    _received: bytearray = field(default_factory=bytearray)
    _length: int | None = None
    asked: float = 0.0

    def __enter__(self) -> "Connection":
        self._socket = socket.create_connection((HOST, self.port), SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: bytes) -> Answer:
        self.send(request)
        while (answer := self.receive()) is None:
            pass
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """Raises Unexpected."""
        answer = self.ask(request(path, **headers))
        if answer.status != 200:
            raise Unexpected(f"{path}: {answer.status} {answer.body[:500]!r}")
        return answer

    def send(self, request: bytes) -> None:
        self.asked = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> Answer | None:
        """What one read brings: the answer, once it is complete."""
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("the server has closed the connection")
        received = self._received
        received += chunk
        if self._length is None:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._length = end + 4 + _body_length(bytes(received[:end]))
        if len(received) < self._length:
            return None
        head, _, body = bytes(received[: self._length]).partition(b"\r\n\r\n")
        del received[: self._length]
        self._length = None
        return Answer(int(head[9:12]), head, body)


def request(path: str, **headers: str) -> bytes:
    """Header names are written with `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{more}\r\n".encode()


def run(port: int, requests: Iterable[bytes], connections: int, expected: int = 200) -> float:
    """The seconds until all are answered. Raises Unexpected."""
    began = time.perf_counter()
    latencies(port, requests, connections, expected)
    return time.perf_counter() - began


def latencies(
    port: int, requests: Iterable[bytes], connections: int, expected: int = 200
) -> list[float]:
    """The seconds that each answer took; each connection asks again once it has its answer.

    Raises Unexpected.
    """
    waiting, seconds = iter(requests), list[float]()
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        opened = [stack.enter_context(Connection(port)) for _ in range(connections)]
        for connection in opened:
            selector.register(connection, selectors.EVENT_READ, connection)
            _send_next(connection, waiting, selector)
        while selector.get_map():
            for key, _ in selector.select(SECONDS):
                connection = key.data
                answer = connection.receive()
                if answer is None:
                    continue
                if answer.status != expected:
                    raise Unexpected(f"{answer.status} {answer.body[:500]!r}")
                seconds.append(time.perf_counter() - connection.asked)
                _send_next(connection, waiting, selector)
    return seconds


def _send_next(
    connection: Connection, waiting: Iterator[bytes], selector: selectors.BaseSelector
) -> None:
    following = next(waiting, None)
    if following is None:
        selector.unregister(connection)
    else:
        connection.send(following)


def _body_length(head: bytes) -> int:
    if int(head[9:12]) in _WITHOUT_BODY:
        return 0
    found = _LENGTH.search(head)
    assert found, head
    return int(found[1])
