"""kill -9 while a native file is built: no wrong answer, no leftovers, and a file in the end."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.cache.folder import SUFFIX, UNFINISHED
from dphub_serving.cache.native import HOT
from tests import processes
from tests.integration.serving_process import Service, running
from tests.lake_factory import product, publish

pytestmark = pytest.mark.integration

ROWS = "SELECT i AS k, md5(i::VARCHAR) AS a, md5((i * 7)::VARCHAR) AS b FROM range(1000000) t(i)"
WANTED = product({"k": "long", "a": "string", "b": "string"}, key="k", generated=None)
PAGE = "/odata/orders/Rows?$skip=500000&$top=5"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("native")
    publish(Lake.open_at(home / "lake"), WANTED, ROWS)
    return home


@pytest.fixture
def home(lake: Path, tmp_path: Path) -> Path:
    (tmp_path / "lake").symlink_to(lake / "lake")
    return tmp_path


def builders(home: Path) -> Iterator[int]:
    for pid in processes.every():
        words = processes.command(pid)
        if "dphub_serving.cache.build" in words and str(home / "cache") in words:
            yield pid


def begin(service: Service, home: Path) -> int:
    """Ask until a builder is in the middle of its work."""
    for number in range(HOT):
        service.http.get(f"{PAGE}&n={number}").raise_for_status()
    service.wait_until(lambda: any(file.stat().st_size > 0 for file in unfinished(home)))
    return next(builders(home))


def unfinished(home: Path) -> list[Path]:
    return list((home / "cache").glob(f"*{UNFINISHED}"))


def finished(home: Path) -> list[Path]:
    return list((home / "cache").glob(f"*{SUFFIX}"))


def attached(service: Service) -> int:
    count: int = service.http.get("/health").json()["native"]["attached"]
    return count


def test_a_builder_that_is_killed_leaves_nothing_wrong(home: Path) -> None:
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        expected = service.http.get(PAGE).json()["value"]
        os.kill(begin(service, home), signal.SIGKILL)
        service.wait_until(lambda: "native file not built" in service.log.read_text())
        assert service.http.get(PAGE).json()["value"] == expected
        assert finished(home) == []
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        assert unfinished(home) == []
        begin(service, home)
        service.wait_until(lambda: attached(service) == 1)
        assert service.http.get(PAGE).json()["value"] == expected
    assert len(finished(home)) == 1
    assert unfinished(home) == []


def test_a_service_that_is_killed_is_back_and_finds_the_file(home: Path) -> None:
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        expected = service.http.get(PAGE).json()["value"]
        builder = begin(service, home)
        os.kill(service.pid, signal.SIGKILL)
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        assert service.http.get(PAGE).json()["value"] == expected
        end = time.monotonic() + 60
        while builder in builders(home):
            assert time.monotonic() < end
            time.sleep(0.05)
        (file,) = finished(home)
        made = file.stat().st_ino

        def answers_from_it() -> bool:
            service.http.get(PAGE)
            return attached(service) == 1

        service.wait_until(answers_from_it)
        assert service.http.get(PAGE).json()["value"] == expected
        assert [each.stat().st_ino for each in finished(home)] == [made]


def test_a_service_that_ends_takes_its_builder_with_it(home: Path) -> None:
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        begin(service, home)
    assert list(builders(home)) == []


def test_everything_killed_serves_again_within_seconds(home: Path) -> None:
    with running(home, (), DPHUB_SERVING_CACHE_MB="0") as service:
        builder = begin(service, home)
        for pid in (service.pid, builder):
            os.kill(pid, signal.SIGKILL)
    with running(home) as service:
        # Three seconds on a quiet machine.
        assert service.seconds_to_ready < 9
        assert service.http.get(PAGE).status_code == 200
        assert unfinished(home) == []


def wait_for_files(service: Service, count: int) -> None:
    service.wait_until(lambda: service.log.read_text().count("native file built") == count)


def test_the_folder_keeps_to_its_bytes(tmp_path: Path) -> None:
    """Several products at a time want files; what was asked for longest ago goes."""
    lake, limit = Lake.open_at(tmp_path / "lake"), 12_000_000
    rows = "SELECT i AS k, md5(i::VARCHAR) AS a, '' AS b FROM range(80000) t(i)"
    for number in range(5):
        columns = {"k": "long", "a": "string", "b": "string"}
        wanted = product(columns, name=f"p{number}", key="k", generated=None)
        publish(lake, wanted, rows, uid=f"uid-{number}")
    bound = {"DPHUB_SERVING_CACHE_MB": "0", "DPHUB_SERVING_CACHE_DISK_MB": "12"}
    with running(tmp_path, (), **bound) as service:
        for number in range(5):
            for _ in range(HOT):
                service.http.get(f"/odata/p{number}").raise_for_status()
            wait_for_files(service, number + 1)
            assert sum(file.stat().st_size for file in finished(tmp_path)) <= limit
        assert 1 <= len(finished(tmp_path)) < 5
        service.wait_until(lambda: attached(service) == len(finished(tmp_path)))
