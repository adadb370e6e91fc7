"""How soon the service is there, how big it is with a hundred products, and what it loads."""

import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from bench.measure import interleaved, median, ratio, resident_mib, run_child
from bench.report import Report
from dphub_k8s.api.product import API_VERSION
from tests.integration.serving_process import Service, running

PRODUCTS = 100
LIBRARIES = "import duckdb, fastapi, httptools, pydantic, uvicorn, uvloop"
UNWANTED = ("dagster", "kubernetes")


def tell(out: Report, folder: Path, rounds: int) -> None:
    hundred, empty = folder / "hundred", folder / "empty"
    make_products(hundred)
    empty.mkdir()

    def start() -> float:
        with running(hundred) as service:
            return service.seconds_to_ready

    seconds = interleaved({"ours": start, "baseline": import_libraries}, rounds)
    share = ratio(seconds["ours"], seconds["baseline"])
    numbers = {"baseline": median(seconds["baseline"]), "ratio": share}
    wanted = "<= 3 s; to importing its libraries"
    out.add("serve.start_to_ready", median(seconds["ours"]), "s", **numbers, wanted=wanted)

    with running(hundred) as full, running(empty) as bare:
        ask_each(full)
        baseline = resident_mib(bare.pid)
        wanted = "<= 200 MiB; to no products"
        size = resident_mib(full.pid)
        out.add("serve.resident_100_products", size, "MiB", baseline=baseline, wanted=wanted)

    loaded = modules(hundred)
    unwanted = [name for name in loaded if name.partition(".")[0].split("_")[0] in UNWANTED]
    out.add("serve.modules", len(loaded), "modules")
    out.add("serve.modules_of_dagster_or_kubernetes", len(unwanted), "modules", wanted="0")


def make_products(home: Path) -> None:
    """A hundred small products, built as any other."""
    home.mkdir(parents=True)
    rows = range(2000)
    columns = {"code": [f"code {n % 700}" for n in rows], "amount": [n * 7 % 100 for n in rows]}
    pq.write_table(pa.table(columns), home / "small.parquet")
    file = home / "products.yaml"
    file.write_text(yaml.safe_dump_all(small(number) for number in range(PRODUCTS)))
    folders = {"DPHUB_HOME": str(home), "DPHUB_DATA_ROOT": str(home)}
    run_child(["materialize", str(file)], folders)


def small(number: int) -> dict[str, object]:
    columns = [
        {"name": "id", "type": "string", "generated": True},
        {"name": "code", "type": "string"},
        {"name": "amount", "type": "int"},
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "metadata": {"name": f"small-{number}"},
        "spec": {
            "api": {"resource": "Rows"},
            "backend": {"sources": {"small": {"path": "small.parquet"}}},
            "entity": {"name": "Row", "key_column": "id", "columns": columns},
        },
    }


def import_libraries() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    return time.perf_counter() - began


def ask_each(service: Service) -> None:
    for number in range(PRODUCTS):
        page = service.http.get(f"/odata/small-{number}").raise_for_status().json()
        assert len(page["value"]) == 100


def modules(home: Path) -> set[str]:
    """All that a living service has imported, also while it answered."""
    with running(home, ("-X", "importtime", "-m", "dphub_serving")) as service:
        ask_each(service)
        for path in (
            "/odata/",
            "/odata/$metadata",
            "/odata/small-1/Rows?$orderby=amount",
            "/health",
        ):
            service.http.get(path).raise_for_status()
    lines = service.log.read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
