"""What a source is to a build: something that DuckDB reads."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Relation:
    """SQL that stands behind FROM: `sql` in what the build runs, `shown` in the query that the
    snapshot keeps. `name` is the location's and `format` what it should be, for messages."""

    name: str
    format: str
    sql: str
    shown: str


def parquet(file: Path, *options: str) -> str:
    """SQL for the rows of one file: its name is no pattern, and its folder no column."""
    path = re.sub(r"[*?\[]", r"[\g<0>]", str(file)).replace("'", "''")
    path = f"'{path}'"
    # Out of a folder such as year=2024 DuckDB would read a column.
    folder = ["hive_partitioning = false"] if "=" in path else []
    return f"read_parquet({', '.join([path, *folder, *options])})"
