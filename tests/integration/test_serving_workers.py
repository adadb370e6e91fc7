"""Several workers on one port: they agree on what is served, and share native files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.cache.native import HOT
from tests.integration.serving_process import Service, running
from tests.lake_factory import product, publish
from tests.processes import lives

pytestmark = pytest.mark.integration

TOKEN = "open-sesame"
WANTED = product({"a": "string", "b": "int"})
ROWS = "SELECT 'v{0}' AS a, i::INT AS b FROM range(2000) t(i)"
RELOADS = 50


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open_at(tmp_path / "lake")


@contextmanager
def two_workers(home: Path) -> Iterator[Service]:
    """They do not look at the lake unless they are told to."""
    never = {"DPHUB_POLL_SECONDS": "3600", "DPHUB_RELOAD_TOKEN": TOKEN}
    command = ("-m", "dphub_serving", "--workers", "2")
    with running(home, command, **never) as service:
        yield service


@contextmanager
def one_client_each(service: Service) -> Iterator[dict[int, httpx.Client]]:
    """A connection to each worker, by its process id."""
    found: dict[int, httpx.Client] = {}
    end = time.monotonic() + 60
    with ExitStack() as stack:
        while len(found) < 2:
            assert time.monotonic() < end
            client = stack.enter_context(httpx.Client(base_url=service.http.base_url, timeout=60))
            found.setdefault(client.get("/health").json()["worker"], client)
        yield found


def first(client: httpx.Client) -> str:
    value: str = client.get("/odata/orders?$top=1").raise_for_status().json()["value"][0]["a"]
    return value


def test_after_a_reload_no_worker_serves_the_older_snapshot(tmp_path: Path, lake: Lake) -> None:
    publish(lake, WANTED, ROWS.format(0))
    header = {"Authorization": f"Bearer {TOKEN}"}
    with two_workers(tmp_path) as service, one_client_each(service) as workers:
        one, other = workers.values()
        for number in range(1, RELOADS + 1):
            publish(lake, WANTED, ROWS.format(number))
            assert {first(one), first(other)} == {f"v{number - 1}"}
            one.post("/internal/reload-config", headers=header).raise_for_status()
            assert [first(other), first(one)] == [f"v{number}"] * 2
            one, other = other, one


def test_both_answer_from_one_native_file(tmp_path: Path, lake: Lake) -> None:
    publish(lake, WANTED, ROWS.format(0))
    with two_workers(tmp_path) as service, one_client_each(service) as workers:
        for number in range(HOT):
            for client in workers.values():
                client.get(f"/odata/orders?$skip={number}").raise_for_status()
        for client in workers.values():
            service.wait_until(lambda c=client: attached(c) == 1)  # type: ignore[misc]
    assert len(list((tmp_path / "cache").glob("*.duckdb"))) == 1


def attached(client: httpx.Client) -> int:
    client.get(f"/odata/orders?$skip={time.monotonic_ns() % 2000}").raise_for_status()
    count: int = client.get("/health").json()["native"]["attached"]
    return count


def test_workers_end_with_their_supervisor(tmp_path: Path, lake: Lake) -> None:
    """Whoever starts the service again finds its port free, and is answered at once."""
    publish(lake, WANTED, ROWS.format(0))
    words = [sys.executable, "-m", "dphub_serving", "--workers", "2"]
    with two_workers(tmp_path) as service, one_client_each(service) as workers:
        port = str(service.http.base_url.port)
        os.kill(service.pid, signal.SIGKILL)
        service.wait_until(lambda: not any(map(lives, workers)), 10)
    environment = {**os.environ, "DPHUB_HOME": str(tmp_path), "DPHUB_PORT": port}
    began = time.monotonic()
    again = subprocess.Popen(words, env=environment, cwd=tmp_path)
    try:
        while not answers(f"http://127.0.0.1:{port}/odata/orders"):
            assert again.poll() is None
            assert time.monotonic() < began + 60
    finally:
        again.terminate()
        again.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
