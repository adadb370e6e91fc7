"""The products that requests are measured on, built into one home, and their native files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import yaml

from bench import customers, data, orders
from bench.measure import run_child

# The name of a product, and what its file is called in a statement of the baseline.
PRODUCTS = {data.NAME: "outages", orders.NAME: "orders", customers.NAME: "customers"}


def build(home: Path, sources: Path, scratch: Path) -> None:
    """`sources` has those of the big product; the others are made in `scratch`."""
    home.mkdir()
    orders.generate(scratch)
    customers.generate(scratch)
    for root, document in (
        (sources, data.product()),
        (scratch, orders.product()),
        (scratch, customers.product()),
    ):
        file = home / "product.yaml"
        file.write_text(yaml.safe_dump(document))
        folders = {"DPHUB_HOME": str(home), "DPHUB_DATA_ROOT": str(root)}
        run_child(["materialize", str(file)], folders)


def rows(home: Path, name: str) -> Path:
    (found,) = (home / "lake" / "tables" / name).glob("rows-*.parquet")
    return found


def native(home: Path, name: str) -> Path:
    """It is named after the file that it stands for."""
    (found,) = (home / "cache").glob(f"{rows(home, name).stem}.*.duckdb")
    return found


@contextmanager
def opened(files: Mapping[str, Path], threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """As the service has it."""
    with duckdb.connect(config={"threads": threads}) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET late_materialization_max_rows = 10000")
        for alias, file in files.items():
            database.execute(f"ATTACH '{file}' AS {alias} (READ_ONLY)")
        yield database
