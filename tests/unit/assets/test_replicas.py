"""Asking the addresses of a service: real servers, of which some die or know less."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from dphub_assets.status import replicas
from dphub_assets.status.conditions import Heard
from dphub_assets.status.replicas import Hearing, Replicas

TOKEN = "open-sesame"
Resolved = list[tuple[Any, ...]]


class Server(ThreadingHTTPServer):
    """Serves `products` once it was told to reload."""

    daemon_threads = True

    def __init__(self, address: str, port: int) -> None:
        super().__init__((address, port), Handler)
        self.published: dict[str, int] = {}
        self.products: dict[str, int] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.status = 200
        self.gone = False
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.gone = True
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def parse_request(self) -> bool:
        if self.server.gone:
            self.close_connection = True
            return False
        return super().parse_request()

    def do_POST(self) -> None:
        self._asked()
        self.server.products = dict(self.server.published)
        self._answer(200, b"{}")

    def do_GET(self) -> None:
        self._asked()
        body = json.dumps({"products": self.server.products}).encode()
        if self.server.status != 200:
            self._answer(self.server.status, b"")
        elif self.headers["If-None-Match"] == f'"{body.decode()}"':
            self._answer(304, b"")
        else:
            self._answer(200, body, ETag=f'"{body.decode()}"')

    def _asked(self) -> None:
        told = self.headers["Host"], self.headers.get("Authorization", "")
        self.server.asked.append((f"{self.command} {self.path}", *told))

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    """Two addresses with one port."""
    with ExitStack() as stack:
        first = Server("127.0.0.1", 0)
        stack.callback(first.stop)
        second = Server("127.0.0.2", first.server_port)
        stack.callback(second.stop)
        yield first, second


@pytest.fixture
def asking(
    pair: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Replicas]]:
    """Of a host name that stands for both."""

    def resolve(_host: str, port: int, **_: Any) -> Resolved:
        hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
        v4 = [(socket.AF_INET, 0, 0, "", (host, port)) for host in hosts]
        return [(socket.AF_INET6, 0, 0, "", ("::1", port, 0, 0)), *v4]

    monkeypatch.setattr(replicas, "getaddrinfo", resolve)
    monkeypatch.setattr(replicas, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(replicas, "REST_SECONDS", 0.0)
    with ExitStack() as stack:

        def make(hold: float = 60.0, token: str | None = TOKEN) -> Replicas:
            made = Replicas([f"http://service.test:{pair[0].server_port}"], token, hold)
            stack.callback(made.close)
            return made

        yield make


def heard(asked: Replicas, published: dict[str, int]) -> Hearing:
    """Once all have been asked, or given up."""
    asked.ask(published)
    assert asked._asking is not None
    asked._asking.result(30)
    hearing = asked.hearing(0)
    assert hearing is not None
    return hearing


def test_nobody_is_asked_where_no_service_is_named() -> None:
    nobody = Replicas([])
    nobody.ask({"a": 1})
    assert nobody.hearing(0) is None


def test_every_address_is_told_and_asked_by_the_name_of_its_host(
    pair: tuple[Server, Server], asking: Callable[..., Replicas]
) -> None:
    asked = asking()
    for server in pair:
        server.published = {"a": 3}
    assert heard(asked, {"a": 3}).of("a") == Heard(3)
    host = f"service.test:{pair[0].server_port}"
    told = [
        ("POST /internal/reload-config", host, f"Bearer {TOKEN}"),
        ("GET /internal/served", host, f"Bearer {TOKEN}"),
    ]
    assert [server.asked for server in pair] == [told, told]
    # Nothing new: it is asked again, and not told.
    first = asked.hearing(0)
    assert heard(asked, {"a": 3}) is first
    assert [server.asked[2:] for server in pair] == [told[1:]] * 2


def test_the_lowest_counts(pair: tuple[Server, Server], asking: Callable[..., Replicas]) -> None:
    one, other = pair
    one.published, other.published = {"a": 3, "b": 1, "c": 2}, {"a": 2, "b": 1}
    hearing = heard(asking(), {})
    assert [hearing.of(name) for name in "abcd"] == [Heard(2), Heard(1), Heard(), Heard()]
    assert hearing.is_at({"a": 2, "b": 1})
    assert not hearing.is_at({"a": 3})
    assert not hearing.is_at({"c": 2})


def test_what_was_heard_holds_for_a_while(
    pair: tuple[Server, Server], asking: Callable[..., Replicas]
) -> None:
    one, other = pair
    one.published = other.published = {"a": 3}
    patient, hasty = asking(), asking(hold=0.0)
    assert heard(patient, {}).of("a") == heard(hasty, {}).of("a") == Heard(3)
    other.stop()
    assert heard(patient, {}).of("a") == Heard(3)
    url = f"http://127.0.0.2:{one.server_port}"
    assert heard(hasty, {}).of("a") == Heard(fault=f"{url} does not answer")
    assert list(patient.faults()) == [url]
    assert "does not answer (" in patient.faults()[url]
    again = Server("127.0.0.2", one.server_port)
    try:
        again.products = {"a": 3}
        assert heard(hasty, {}).of("a") == Heard(3)
        assert hasty.faults() == {}
    finally:
        again.stop()


def test_before_anything_is_heard_a_silence_is_fresh(
    pair: tuple[Server, Server], asking: Callable[..., Replicas]
) -> None:
    for server in pair:
        server.status = 503
    asked = asking()
    found = asked.hearing(0)
    assert found is not None
    assert found.fresh
    found = heard(asked, {})
    assert found.fresh
    assert "127.0.0.1" in found.fault
    assert "127.0.0.2" in found.fault
    assert "answers 503 Service Unavailable to GET /internal/served" in found.fault
    found = heard(asking(hold=0.0), {})
    assert found.fault
    assert not found.fresh


def test_an_address_that_is_new_counts_when_it_has_answered(
    pair: tuple[Server, Server], asking: Callable[..., Replicas]
) -> None:
    one, other = pair
    one.published = {"a": 3}
    other.status = 404
    asked = asking()
    assert heard(asked, {}).of("a") == Heard(3)
    other.status = 200
    assert heard(asked, {}).of("a") == Heard(None)


def test_without_a_token_nobody_is_told_to_reload(
    pair: tuple[Server, Server], asking: Callable[..., Replicas]
) -> None:
    heard(asking(token=None), {"a": 1})
    assert [[what for what, *_ in server.asked] for server in pair] == [
        ["GET /internal/served"]
    ] * 2


def test_a_name_that_is_lost_stands_for_what_it_stood_for(
    pair: tuple[Server, Server],
    asking: Callable[..., Replicas],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(*_: Any, **__: Any) -> Resolved:
        raise socket.gaierror("no such name")

    pair[0].published = pair[1].published = {"a": 3}
    asked, late = asking(), asking()
    heard(asked, {})
    monkeypatch.setattr(replicas, "getaddrinfo", lost)
    assert heard(asked, {}).of("a") == Heard(3)
    assert len(asked._answers) == 2
    assert heard(late, {}).fresh


def test_it_is_asked_at_most_once_a_second(
    pair: tuple[Server, Server],
    asking: Callable[..., Replicas],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replicas, "PAUSE_SECONDS", 3600.0)
    asked = asking()
    heard(asked, {"a": 1})
    for _ in range(10):
        heard(asked, {"a": 1})
    assert len(pair[0].asked) == 2
    heard(asked, {"a": 2})
    assert len(pair[0].asked) == 4


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8000", ["http://127.0.0.1:8000"]),
        ("http://127.0.0.1", ["http://127.0.0.1"]),
        ("https://127.0.0.1/hub", ["https://127.0.0.1/hub"]),
        ("http://[::1]:8000", ["http://[::1]:8000"]),
    ],
)
def test_an_address_is_itself(url: str, found: list[str]) -> None:
    assert [each.url for each in replicas.addresses(httpx.URL(url))] == found
