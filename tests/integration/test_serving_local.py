"""Local mode: a product file is all that the service needs."""

from pathlib import Path

import duckdb
import pytest

from tests.factories import product, write
from tests.integration.serving_process import running

pytestmark = pytest.mark.integration

UVICORN = ("-m", "uvicorn", "dphub_serving.app:app", "--port", "{port}")


def write_product(folder: Path, name: str, source: str) -> Path:
    document = product(
        name,
        api={"path": f"/{name}", "resource": "Rows"},
        sources={"s": {"path": source}},
        entity="Row",
        columns={"a": "int"},
    )
    return write(folder / f"{name}.yaml", document)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "products"
    folder.mkdir()
    duckdb.connect().execute(f"COPY (SELECT 7 AS a) TO '{tmp_path / 'rows.parquet'}'")
    return folder


def test_what_is_not_built_is_built_by_a_child(tmp_path: Path, folder: Path) -> None:
    file = write_product(folder, "sevens", "rows.parquet")
    env = {"DP_LOCAL_CR": str(file), "DPHUB_DATA_ROOT": str(tmp_path), "DPHUB_POLL_SECONDS": "60"}
    with running(tmp_path / "home", UVICORN, **env) as service:
        assert f"[local] Loaded DataProduct CR from {file} (route=/sevens)" in (
            service.log.read_text()
        )
        first = service.http.get("/odata/sevens")
        assert first.status_code == 503
        assert first.headers["Retry-After"]
        service.wait_until(lambda: service.http.get("/odata/sevens").status_code == 200)
        assert service.http.get("/odata/sevens").json()["value"][0]["a"] == 7
        assert service.http.get("/health").json()["status"] == "ok"
    with running(tmp_path / "home", UVICORN, **env) as again:
        assert again.http.get("/odata/sevens").status_code == 200
        assert "Building" not in again.log.read_text()


def test_it_is_built_also_where_the_cache_cannot_be_written(tmp_path: Path, folder: Path) -> None:
    write_product(folder, "sevens", "rows.parquet")
    (tmp_path / "file").touch()
    env = {"DP_LOCAL_CR": str(folder), "DPHUB_DATA_ROOT": str(tmp_path)}
    cache = str(tmp_path / "file" / "cache")
    with running(tmp_path / "home", UVICORN, **env, DPHUB_SERVING_CACHE=cache) as service:
        service.wait_until(lambda: service.http.get("/odata/sevens").status_code == 200)


def test_what_cannot_be_built_is_told_and_the_rest_is_served(tmp_path: Path, folder: Path) -> None:
    write_product(folder, "a-broken", "nowhere.parquet")
    write_product(folder, "sevens", "rows.parquet")
    (folder / "c.yaml").write_text("kind: [")
    env = {"DP_LOCAL_CR": str(folder), "DPHUB_DATA_ROOT": str(tmp_path)}
    with running(tmp_path / "home", UVICORN, **env) as service:
        service.wait_until(lambda: service.http.get("/odata/sevens").status_code == 200)
        health = service.http.get("/health").json()
        assert health["status"] == "degraded"
        assert "nowhere.parquet" in health["degraded"]["a-broken"]
        assert str(folder / "c.yaml") in health["degraded"]
        assert service.http.get("/odata/a-broken").status_code == 503


def test_a_pattern_and_no_such_file(tmp_path: Path, folder: Path) -> None:
    write_product(folder, "sevens", "rows.parquet")
    home = tmp_path / "home"
    pattern = str(folder / "*.yaml")
    root = str(tmp_path)
    with running(home, UVICORN, DP_LOCAL_CR=pattern, DPHUB_DATA_ROOT=root) as service:
        service.wait_until(lambda: service.http.get("/odata/sevens").status_code == 200)
    with running(home, UVICORN, DP_LOCAL_CR="nothing*.yaml", DPHUB_DATA_ROOT=root) as service:
        assert "nothing*.yaml" in service.http.get("/health").json()["degraded"]
