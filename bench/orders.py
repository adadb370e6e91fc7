"""A million orders of a hundred thousand customers: nine columns of mixed types."""

from pathlib import Path
from typing import Any

import duckdb

from bench import customers
from dphub_k8s.api.product import API_VERSION

NAME = "orders"
ENTITY_SET = "Orders"
FILE = "orders.parquet"
BUYER = "customer"
ROWS = 1_000_000
COLUMNS = {
    "order_id": "long",
    "customer_id": "int",
    "status": "string",
    "region": "string",
    "placed": "timestamp",
    "due": "date",
    "amount": "decimal(12,2)",
    "weight": "double",
    "note": "string",
}

_ROWS = f"""
SELECT i AS order_id,
  (hash(i) % {customers.ROWS})::INTEGER AS customer_id,
  ['open', 'paid', 'packed', 'sent', 'returned'][1 + (hash(i, 1) % 5)::INTEGER] AS status,
  'region ' || lpad((hash(i, 2) % 40)::VARCHAR, 2, '0') AS region,
  TIMESTAMPTZ '2020-01-01 00:00:00Z' + to_seconds(i * 120 + (hash(i, 3) % 100)::BIGINT) AS placed,
  CASE WHEN hash(i, 4) % 20 > 0
    THEN DATE '2020-01-03' + (i // 720 + hash(i, 5) % 30)::INTEGER END AS due,
  ((hash(i, 6) % 1000000) / 100)::DECIMAL(12, 2) AS amount,
  (hash(i, 7) % 100000) / 1000.0 AS weight,
  CASE WHEN hash(i, 8) % 3 = 0 THEN 'note ' || substr(md5(i::VARCHAR), 1, 12) END AS note
FROM range({ROWS}) t(i)
"""


def generate(folder: Path) -> Path:
    """The same rows every time."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
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
                "name": "Order",
                "key_column": "order_id",
                "columns": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
                "navigation": [
                    {
                        "name": BUYER,
                        "target": customers.NAME,
                        "multiplicity": "one",
                        "keys": [{"left": "customer_id", "right": "customer_id"}],
                    }
                ],
            },
            "odata": {"max_top": 1000, "default_top": 100},
        },
    }
