"""The service as it is started for real: paging while products change, start, size, diet."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dphub_assets.lake.writer import Lake
from tests.integration.serving_process import Service, running
from tests.lake_factory import product, publish

pytestmark = pytest.mark.integration

COLUMNS = {"a": "string", "b": "int"}
ROWS = "SELECT 'v' || {0} || '_' || (i % 50) AS a, (i * 7) % 100 AS b FROM range(2000) t(i)"
WANTED = product(COLUMNS, odata={"page_size": 90})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open_at(tmp_path / "lake")


@pytest.fixture
def service(tmp_path: Path, lake: Lake) -> Iterator[Service]:
    publish(lake, WANTED, ROWS.format(0))
    with running(tmp_path, DPHUB_POLL_SECONDS="0.05") as started:
        yield started


@pytest.mark.parametrize("order", ["", "?$orderby=b desc", "?$orderby=a desc"])
def test_a_client_pages_through_one_snapshot_while_others_are_published(
    lake: Lake, service: Service, order: str
) -> None:
    stop = threading.Event()

    def publish_again_and_again() -> None:
        number = 1
        while not stop.is_set():
            publish(lake, WANTED, ROWS.format(number))
            number += 1

    publisher = threading.Thread(target=publish_again_and_again)
    rows: list[dict[str, Any]] = []
    page = service.http.get(f"/odata/orders/Rows{order}").json()
    publisher.start()
    try:
        rows += page["value"]
        while link := page.get("@odata.nextLink"):
            page = service.http.get(link).json()
            rows += page["value"]
    finally:
        stop.set()
        publisher.join()
    assert len(rows) == len({row["id"] for row in rows}) == 2000
    assert {row["a"].split("_")[0] for row in rows} == {"v0"}


def test_polling_finds_what_was_published(lake: Lake, service: Service) -> None:
    tag = service.http.get("/odata/orders").headers["ETag"]
    publish(lake, WANTED, ROWS.format(7))
    service.wait_until(lambda: service.http.get("/odata/orders").headers["ETag"] != tag)
    assert service.http.get("/odata/orders").json()["value"][0]["a"].startswith("v7_")
    lake.retire("orders")
    service.wait_until(lambda: service.http.get("/odata/orders").status_code == 404)


def test_segments_are_split_before_they_are_decoded(lake: Lake, service: Service) -> None:
    wanted = product({"k": "string", "b": "int"}, name="slashes", key="k", generated=None)
    publish(lake, wanted, "SELECT 'a/b' AS k, 1 AS b UNION ALL SELECT 'it''s', 2")
    service.wait_until(lambda: service.http.get("/odata/slashes").status_code == 200)
    for url in ("Rows('a%2Fb')", "Rows/a%2Fb", "Rows(k='a%2fb')"):
        assert service.http.get(f"/odata/slashes/{url}").json()["b"] == 1
    for url in ("Rows('it''s')", "Rows(%27it%27%27s%27)"):
        assert service.http.get(f"/odata/slashes/{url}").json()["b"] == 2


def test_head_and_conditions_over_a_socket(service: Service) -> None:
    head = service.http.head("/odata/orders", headers={"Accept-Encoding": "identity"})
    assert head.content == b""
    assert int(head.headers["Content-Length"]) > 0
    again = service.http.get("/odata/orders", headers={"If-None-Match": head.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_forwarded_headers_count_from_trusted_proxies_only(tmp_path: Path, lake: Lake) -> None:
    publish(lake, WANTED, ROWS.format(0))
    asked = {"X-Forwarded-Proto": "https", "Host": "data.example"}
    for trusted, scheme in (("127.0.0.1", "https"), ("10.9.9.9", "http")):
        with running(tmp_path, DPHUB_TRUSTED_PROXIES=trusted) as service:
            page = service.http.get("/odata/orders", headers=asked).json()
            assert page["@odata.context"].startswith(f"{scheme}://data.example/odata/")


def test_a_hundred_products_start_fast_and_stay_small(tmp_path: Path, lake: Lake) -> None:
    for number in range(100):
        publish(lake, product(COLUMNS, name=f"p{number}"), ROWS.format(number), uid=f"u{number}")
    with running(tmp_path) as service:
        assert len(service.http.get("/odata/").json()["value"]) == 100
        for number in range(100):
            assert len(service.http.get(f"/odata/p{number}").json()["value"]) == 100
        assert service.resident_mib() <= 200
        # Three seconds on a quiet machine.
        assert service.seconds_to_ready < 9


def test_the_service_loads_no_build_and_no_orchestration() -> None:
    code = "import sys, dphub_serving.app, dphub_serving.__main__; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(run.stdout.split())
    assert "duckdb" in loaded
    assert not loaded & {"dagster", "kubernetes", "deltalake", "pyarrow", "pandas", "numpy"}
    assert not {name for name in loaded if name.startswith("dphub_assets.build")}


def test_answering_loads_no_further_library(service: Service) -> None:
    for url in ("", "/Rows?$orderby=b", "/$metadata", "('v0_0~0~0')"):
        service.http.get("/odata/orders" + url)
    mapped = Path(f"/proc/{service.pid}/maps").read_text()
    assert "duckdb" in mapped
    assert not [name for name in ("pyarrow", "deltalake", "pandas", "numpy") if name in mapped]
