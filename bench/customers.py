"""The customers of the orders: what `$expand` brings along."""

from pathlib import Path
from typing import Any

from bench import generated

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
    return generated.write(folder / FILE, _ROWS)


def product() -> dict[str, Any]:
    return generated.document(NAME, FILE, ENTITY_SET, COLUMNS, name="Customer")
