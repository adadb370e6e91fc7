"""One product of very many rows: built within bounded memory, and served.

    python -m bench.big [--json] [--rows N] [--products spelled integer indexed] [--folder FOLDER]

The rows are invented, the same ones every time, in no order. `spelled` has a generated text key and
is sorted by its columns, `integer` is sorted by its declared key, `indexed` has that key and is
sorted by another column, so that it needs a key index. What stands in FOLDER already is used again;
without one everything is removed at the end. All of it needs 15 GB of disk at 100 million rows.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml

from bench import report
from bench.asked import Asked, native_of
from bench.measure import Child, peak_mib, run_child
from bench.report import Report
from dphub_k8s.api.product import API_VERSION
from tests.integration.serving_process import running

MEMORY = "2GB"
SOURCE = "payments.parquet"
# A row of a customer is followed by one of any other; numbers are unique, and in no order.
ROWS = """
SELECT (i * 982451653) % {rows} AS number,
  'customer ' || lpad((hash(i, 1) % {customers})::VARCHAR, 9, '0') AS customer,
  DATE '2020-01-01' + (hash(i, 2) % 2000)::INTEGER AS day,
  ((hash(i, 3) % 1000000) / 100)::DECIMAL(12, 2) AS amount,
  (hash(i, 4) % 8)::INTEGER AS stage
FROM range({rows}) AS every(i)
"""
COLUMNS = {
    "customer": "string",
    "day": "date",
    "amount": "decimal(12,2)",
    "stage": "int",
    "number": "bigint",
}
PRODUCTS: dict[str, dict[str, object]] = {
    "spelled": {"key_column": "id", "sort": ["customer", "day"]},
    "integer": {"key_column": "number"},
    "indexed": {"key_column": "number", "sort": ["day", "stage"]},
}


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--products", nargs="+", choices=PRODUCTS, default=["spelled", "integer"])
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as scratch:
        folder = (chosen.folder or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        out = Report(chosen.json)
        out.begin(f"{chosen.rows:,} rows", None)
        source = generate(folder, chosen.rows)
        out.add("big.source", source.stat().st_size / 1e6, "MB")
        for name in chosen.products:
            if not (folder / name / "lake").exists():
                build(out, folder, name)
            serve(out, folder / name, name, chosen.rows)
        out.end()
    return 0


def generate(folder: Path, rows: int) -> Path:
    file = folder / SOURCE
    if not file.exists():
        query = ROWS.format(rows=rows, customers=max(1, rows // 100))
        with duckdb.connect(config={"memory_limit": MEMORY}) as database:
            database.execute("SET preserve_insertion_order = false")
            unfinished = file.with_suffix(".unfinished")
            database.execute(f"COPY ({query}) TO '{unfinished}' (FORMAT parquet, COMPRESSION zstd)")
        unfinished.rename(file)
    return file


def document(name: str) -> dict[str, Any]:
    entity = PRODUCTS[name]
    made = [{"name": "id", "type": "string", "generated": True}]
    columns = [{"name": column, "type": kind} for column, kind in COLUMNS.items()]
    return {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "metadata": {"name": name},
        "spec": {
            "api": {"resource": "Payments"},
            "backend": {"sources": {"payments": {"path": SOURCE}}},
            "entity": {
                "name": "Payment",
                "columns": [*(made if entity["key_column"] == "id" else []), *columns],
                **entity,
            },
        },
    }


def build(out: Report, folder: Path, name: str) -> None:
    home = folder / name
    home.mkdir()
    file = home / "product.yaml"
    file.write_text(yaml.safe_dump(document(name)))
    settings = {
        "DPHUB_HOME": str(home),
        "DPHUB_DATA_ROOT": str(folder),
        "DPHUB_BUILD_MEMORY": MEMORY,
    }
    with most_bytes(home / "spill") as spilled:
        child = run_child(["materialize", str(file)], settings)
    tell(out, name, child, max(spilled), home / "lake" / "tables" / name)


def tell(out: Report, name: str, child: Child, spilled: int, table: Path) -> None:
    out.add(f"{name}.build.wall", child.work.wall, "s")
    out.add(f"{name}.build.cpu", child.work.cpu, "CPU s")
    out.add(f"{name}.build.peak_resident", child.work.peak_mib, "MiB", wanted="memory_limit 2 GB")
    out.add(f"{name}.build.spilled", spilled / 1e6, "MB")
    stored = sum(file.stat().st_size for file in table.glob("*.parquet"))
    out.add(f"{name}.build.stored", stored / 1e6, "MB")


@contextmanager
def most_bytes(folder: Path) -> Iterator[list[int]]:
    """The bytes in a folder, looked at again and again."""
    found, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            found.append(sum(map(size, folder.rglob("*"))))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def size(file: Path) -> int:
    try:
        return file.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def serve(out: Report, home: Path, name: str, rows: int) -> None:
    """From Parquet first, then from a native file, where one can be made."""
    for engine, bound in (("parquet", "0"), ("native", "")):
        # What reads every row of a Parquet file may take longer than an answer usually may.
        with running(home, DPHUB_SERVING_CACHE_DISK_MB=bound, DPHUB_QUERY_SECONDS="600") as service:
            asked = Asked(out, service, name, rows, f"{name}.{engine}")
            if engine == "native":
                made = native_of(service, asked.fresh)
                out.add(f"{name}.native.stored", made / 1e6, "MB", wanted="0: none was made")
                if not made:
                    return
            asked.all()
            out.add(f"{name}.{engine}.peak_resident", peak_mib(service.pid), "MiB")


if __name__ == "__main__":
    sys.exit(main())
