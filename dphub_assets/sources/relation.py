"""A file as a relation that DuckDB reads."""

import re
from pathlib import Path


def parquet(file: Path, *options: str) -> str:
    """SQL for the rows of one file: its name is no pattern, and its folder no column."""
    path = re.sub(r"[*?\[]", r"[\g<0>]", str(file)).replace("'", "''")
    path = f"'{path}'"
    # Out of a folder such as year=2024 DuckDB would read a column.
    folder = ["hive_partitioning = false"] if "=" in path else []
    return f"read_parquet({', '.join([path, *folder, *options])})"
