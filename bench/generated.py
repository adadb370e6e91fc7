"""A product over one file, whose rows DuckDB makes: the same every time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from dphub_k8s.api.product import API_VERSION


def write(file: Path, rows: str) -> Path:
    """`rows` is a SELECT."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    return file


def document(
    name: str, file: str, entity_set: str, columns: Mapping[str, str], /, **entity: Any
) -> dict[str, Any]:
    """Its source is in the data root; the first column is the key."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "metadata": {"name": name},
        "spec": {
            "api": {"path": f"/{name}", "resource": entity_set},
            "backend": {"sources": {name: {"path": file}}},
            "entity": {
                "key_column": next(iter(columns)),
                "columns": [{"name": each, "type": kind} for each, kind in columns.items()],
                **entity,
            },
        },
    }
