"""The customers of the orders: what `$expand` brings along."""

from pathlib import Path
from typing import Any

import duckdb

from dphub_k8s.api.product import API_VERSION

NAME = "customers"
ENTITY_SET = "Customers"
FILE = "customers.parquet"
ROWS = 100_000
COLUMNS = {
    "customer_id": "int",
    "name": "string",
    "segment": "string",
    "country": "string",
    "since": "date",
}

_ROWS = f"""
SELECT i::INTEGER AS customer_id,
  'customer ' || substr(md5(i::VARCHAR), 1, 10) AS name,
  ['home', 'trade', 'industry'][1 + (hash(i, 11) % 3)::INTEGER] AS segment,
  'country ' || lpad((hash(i, 12) % 60)::VARCHAR, 2, '0') AS country,
  DATE '2005-01-01' + (hash(i, 13) % 5000)::INTEGER AS since
FROM range({ROWS}) t(i)
"""


def generate(folder: Path) -> Path:
    """The same rows every time."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    with duckdb.connect() as database:
        database.execute(f"COPY ({_ROWS}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return file


def product() -> dict[str, Any]:
    """The document; its source is in the data root."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "metadata": {"name": NAME},
        "spec": {
            "api": {"path": f"/{NAME}", "resource": ENTITY_SET},
            "backend": {"sources": {NAME: {"path": FILE}}},
            "entity": {
                "name": "Customer",
                "key_column": "customer_id",
                "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
            },
        },
    }
