"""Big questions over HTTP: stopped when nobody waits, in time when too many ask."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dphub_assets.lake.writer import Lake
from tests.integration.serving_process import Service, running
from tests.lake_factory import product, publish

pytestmark = pytest.mark.integration

COLUMNS = {"k": "long", "a": "string", "b": "string"}
ROWS = "SELECT i AS k, md5(i::VARCHAR) AS a, md5((i * 7)::VARCHAR) AS b FROM range(2000000) t(i)"
BIG = "/odata/orders/Rows?$orderby=b,a&$select=k"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("load")
    wanted = product(COLUMNS, key="k", generated=None)
    publish(Lake.open_at(home / "lake"), wanted, ROWS)
    return home


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    kept = {"DPHUB_SERVING_CACHE_MB": "0", "DPHUB_SERVING_CACHE_DISK_MB": "0"}
    with running(
        home, (), **kept, DPHUB_SERVING_THREADS="1", DPHUB_PATIENCE_SECONDS="1"
    ) as started:
        yield started


def slow(service: Service) -> dict[str, int]:
    counts: dict[str, int] = service.http.get("/health").json()["answers"]["slow"]
    return counts


def test_a_client_that_leaves_stops_its_answer(service: Service) -> None:
    began = time.monotonic()
    service.http.get(BIG).raise_for_status()
    whole = time.monotonic() - began
    port = service.http.base_url.port
    for number in range(1, 6):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET {BIG} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            service.wait_until(lambda: slow(service)["running"] == 1)
        left = time.monotonic()
        service.wait_until(lambda n=number: slow(service)["abandoned"] == n)  # type: ignore[misc]
        service.wait_until(lambda: slow(service)["running"] == 0)
        assert time.monotonic() - left < max(0.5, whole / 2)
    assert "request failed" not in service.log.read_text()


def test_a_client_that_leaves_amid_its_body_is_no_failure(service: Service) -> None:
    head = b"POST /odata/$batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", service.http.base_url.port)) as client:
        client.sendall(head + b"Content-Length: 99\r\n\r\n{")
        service.http.get("/livez").raise_for_status()
    for _ in range(20):
        service.http.get("/livez").raise_for_status()
    assert "request failed" not in service.log.read_text()


def test_too_many_are_told_to_come_again_and_small_questions_are_answered(
    service: Service,
) -> None:
    service.http.get(BIG).raise_for_status()
    found: list[tuple[int, float, str | None]] = []

    def ask(number: int) -> None:
        with httpx.Client(base_url=service.http.base_url, timeout=60) as client:
            began = time.monotonic()
            # Equal questions would be answered once.
            answer = client.get(f"{BIG}&n={number}")
            took = time.monotonic() - began
            found.append((answer.status_code, took, answer.headers.get("Retry-After")))

    threads = [threading.Thread(target=ask, args=[number]) for number in range(24)]
    for thread in threads:
        thread.start()
    small: Counter[int] = Counter()
    while any(thread.is_alive() for thread in threads):
        small[service.http.get("/odata/orders?$top=1").status_code] += 1
    for thread in threads:
        thread.join()
    by_status = Counter(status for status, _, _ in found)
    assert set(by_status) == {200, 503}, by_status
    assert all(int(after or 0) >= 1 for status, _, after in found if status == 503)
    assert set(small) == {200}
    assert slow(service)["shed"] == by_status[503]
    assert "overloaded" in service.log.read_text()


def test_equal_questions_at_the_same_time_are_one(service: Service) -> None:
    found: list[httpx.Response] = []

    def ask() -> None:
        with httpx.Client(base_url=service.http.base_url, timeout=60) as client:
            found.append(client.get(BIG))

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in found} == {200}
    assert len({answer.content for answer in found}) == 1
    assert slow(service)["answered"] < 6, "no answer is kept, but most are shared"


def test_the_deadline_stops_duckdb(home: Path) -> None:
    with running(
        home,
        DPHUB_SERVING_THREADS="1",
        DPHUB_QUERY_SECONDS="0.1",
        DPHUB_SERVING_CACHE_DISK_MB="0",
    ) as service:
        answer = service.http.get(BIG)
        assert answer.status_code == 504
        error: dict[str, Any] = answer.json()["error"]
        assert error["code"] == "DeadlineExceeded"
        service.wait_until(lambda: slow(service)["running"] == 0, 5)
        assert slow(service)["expired"] == 1
        assert service.http.get("/odata/orders?$top=1").status_code == 200
