"""Products for faults: a small one, and one that takes long enough to be caught building."""

from pathlib import Path
from typing import Any

import polars as pl

from tests.factories import product

Document = dict[str, Any]
SIDE = 1_800


def document(name: str, sources: dict[str, str], columns: dict[str, str], **said: Any) -> Document:
    """`sources` are files by alias, `columns` their types."""
    places = {alias: {"path": path} for alias, path in sources.items()}
    return product(name, domain="faults", sources=places, entity="Row", columns=columns, **said)


def small(name: str, source: str = "small.parquet", **said: Any) -> Document:
    return document(name, {"numbers": source}, {"number": "int"}, **said)


def write_small(folder: Path, rows: int = 10, name: str = "small.parquet") -> Path:
    """By rename: never seen half-written."""
    draft = folder / f".{name}"
    pl.DataFrame({"number": range(rows)}, {"number": pl.Int32}).write_parquet(draft)
    return draft.replace(folder / name)


def slow(name: str, left: str = "left.parquet") -> Document:
    """A join of everything with everything: seconds of sorting and writing."""
    return document(
        name,
        {"left": left, "right": "right.parquet"},
        {"a": "int", "b": "int"},
        joins=[{"left": "left", "right": "right", "on": ["one"], "how": "inner"}],
    )


def write_slow(folder: Path) -> None:
    write_side(folder / "left.parquet", "a")
    write_side(folder / "right.parquet", "b")


def write_side(file: Path, column: str, rows: int = SIDE) -> None:
    """By rename."""
    draft = file.with_name(f".{file.name}")
    numbers = {"one": [1] * rows, column: range(rows)}
    pl.DataFrame(numbers, {"one": pl.Int32, column: pl.Int32}).write_parquet(draft)
    draft.replace(file)
