"""A million orders of a hundred thousand customers: nine columns of mixed types."""

from pathlib import Path
from typing import Any

from bench import customers, generated

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
    return generated.write(folder / FILE, _ROWS)


def product() -> dict[str, Any]:
    way = {
        "name": BUYER,
        "target": customers.NAME,
        "multiplicity": "one",
        "keys": [{"left": "customer_id", "right": "customer_id"}],
    }
    return generated.document(NAME, FILE, ENTITY_SET, COLUMNS, name="Order", navigation=[way])
