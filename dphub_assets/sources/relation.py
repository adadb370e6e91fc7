"""What a source is to a build: something that DuckDB reads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# The type of text in a file that knows no types: where it is used says what it means.
UNTYPED = "UNTYPED"
# DuckDB's type of a column that has no values.
NOTHING = '"NULL"'


@dataclass(frozen=True, slots=True)
class Relation:
    """SQL that stands behind FROM: `sql` in what the build runs, `shown` in the query that the
    snapshot keeps. `name` is the location's and `format` what it should be, for messages; `untyped`
    are the columns whose text says nothing about their type. `copy` is the file that is read in the
    place of what lies elsewhere, `typed` has types that DuckDB does not tell of."""

    name: str
    format: str
    sql: str
    shown: str
    untyped: frozenset[str] = frozenset()
    copy: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def parquet(file: Path, *options: str) -> str:
    """SQL for the rows of one file: its name is no pattern, and its folder no column."""
    # Out of a folder such as year=2024 DuckDB would read a column.
    folder = ["hive_partitioning = false"] if "=" in str(file) else []
    return call("read_parquet", exactly(file), *folder, *options)


def call(function: str, *arguments: str) -> str:
    return f"{function}({', '.join(arguments)})"


def exactly(file: Path) -> str:
    """The name as a literal that is no pattern."""
    return literal(re.sub(r"[*?\[]", r"[\g<0>]", str(file)))


def listed(files: Iterable[Path]) -> str:
    return f"[{', '.join(map(exactly, files))}]"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
