"""A service that keeps no answers, with a native file or without."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dphub_serving.cache.native import HOT
from tests.unit.serving.conftest import Client, serving


@contextmanager
def started(home: Path, megabytes: int = 1000) -> Iterator[Client]:
    bounds = {"DPHUB_SERVING_CACHE_MB": "0", "DPHUB_SERVING_CACHE_DISK_MB": str(megabytes)}
    with serving(home, **bounds) as client:
        yield client


def warm(client: Client) -> None:
    for _ in range(HOT):
        client.get("/odata/orders/Rows")
    until(lambda: attached(client) == 1)


def native(client: Client) -> dict[str, int]:
    found: dict[str, int] = client.get("/health").json()["native"]
    return found


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def attached(client: Client) -> int:
    return native(client)["attached"]
