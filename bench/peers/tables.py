"""The published rows as SQLite has them: made of the Parquet files of the lake."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import duckdb

from bench import customers, data, orders

DATABASE = "bench.db"
BATCH = 100_000
SQLITE = {"long": "integer", "int": "integer", "decimal(12,2)": "real", "double": "real"}
VALUES = {
    "timestamp": "strftime({0}, '%Y-%m-%dT%H:%M:%SZ')",
    "date": "{0}::VARCHAR",
    "decimal(12,2)": "{0}::DOUBLE",
}

# An integer key is the position in SQLite's own tree, the fastest way to a row that it has. The
# big product has a key of text: there the position is the key, in the order of the published rows.
TABLES = {
    "outages": (data.COLUMNS, ""),
    "orders": (orders.COLUMNS, "order_id"),
    "customers": (customers.COLUMNS, "customer_id"),
}


def to_sqlite(files: Mapping[str, Path], target: Path) -> None:
    with closing(sqlite3.connect(target)) as database, duckdb.connect() as source:
        database.execute("PRAGMA journal_mode = off")
        database.execute("PRAGMA synchronous = off")
        source.execute("SET TimeZone = 'UTC'")
        for table, file in files.items():
            _copy(source, file, database, table)
        database.commit()


def _copy(
    source: duckdb.DuckDBPyConnection, file: Path, database: sqlite3.Connection, table: str
) -> None:
    columns, key = TABLES[table]
    kinds = [f"{name} {SQLITE.get(kind, 'text')}" for name, kind in columns.items()]
    made = ", ".join(f"{kind} primary key" if kind.split()[0] == key else kind for kind in kinds)
    database.execute(f"CREATE TABLE {table} ({made})")
    values = [VALUES.get(kind, "{0}").format(name) for name, kind in columns.items()]
    rows = source.execute(f"SELECT {', '.join(values)} FROM '{file}'")
    marks = ", ".join("?" * len(columns))
    while batch := rows.fetchmany(BATCH):
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)
