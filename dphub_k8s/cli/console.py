"""What the commands share: options, settings, the files that are named, tables, failures."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from dphub_k8s import documents
from dphub_k8s.documents import Unreadable, Written
from dphub_k8s.settings import Settings
from dphub_k8s.stores import choice, files
from dphub_k8s.stores.base import ProductStore

Products = Annotated[
    Path | None,
    typer.Option(
        envvar="DPHUB_PRODUCTS",
        show_default="./products",
        help="Folder of the products.",
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        envvar="DPHUB_HOME",
        show_default="./.dphub",
        help="Folder of all state.",
    ),
]
DataRoot = Annotated[
    Path | None,
    typer.Option(
        envvar="DPHUB_DATA_ROOT",
        show_default="here",
        help="Where relative source paths start.",
    ),
]
STDIN = "-"


class Failure(Exception):
    """A command could not do what was asked; the message is all that a person needs."""


def settings(
    products: Path | None = None, home: Path | None = None, data_root: Path | None = None
) -> Settings:
    """From the options, then the environment, then the defaults."""
    given = {"DPHUB_PRODUCTS": products, "DPHUB_HOME": home, "DPHUB_DATA_ROOT": data_root}
    said = {name: str(value) for name, value in given.items() if value is not None}
    return Settings.read({**os.environ, **said})


def environment(found: Settings) -> dict[str, str]:
    """For a process that shall read the same settings."""
    return {
        **os.environ,
        "DPHUB_PRODUCTS": str(found.products),
        "DPHUB_HOME": str(found.home),
        "DPHUB_DATA_ROOT": str(found.data_root),
    }


def store(found: Settings) -> ProductStore:
    return choice.opened(found)


def missing_engine() -> str | None:
    """Why `python -m dphub_assets` cannot be started here, if it cannot."""
    return _missing("assets", "duckdb", "dphub_assets")


def missing_hub() -> str | None:
    """Why the processes of `dphub dev` cannot be started here, if they cannot."""
    return _missing("assets,serving", "dagster", "dagster_webserver", "duckdb", "uvicorn")


def _missing(extras: str, *modules: str) -> str | None:
    missing = next((name for name in modules if find_spec(name) is None), None)
    return missing and f"{missing} is not installed (pip install 'dphub[{extras}]')"


@dataclass(frozen=True, slots=True)
class Given:
    """The documents of the files that were named, and a line for each that could not be read."""

    files: tuple[str, ...]
    documents: tuple[Written, ...]
    problems: tuple[tuple[str, str], ...]


def given(paths: Sequence[Path]) -> Given:
    """Folders stand for the files in them that a store would read, `-` for standard input."""
    names: list[str] = []
    written: list[Written] = []
    problems: list[tuple[str, str]] = []
    for path in paths:
        try:
            for file in _files(path):
                names.append(str(file))
                with _collected(str(file), problems):
                    written += _read(file)
        except OSError as error:
            problems.append((str(path), told(error)))
    return Given(tuple(names), tuple(written), tuple(problems))


@contextmanager
def _collected(file: str, problems: list[tuple[str, str]]) -> Iterator[None]:
    try:
        yield
    except (Unreadable, OSError) as error:
        problems.append((file, told(error)))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [path / name for name in sorted(files.scan(path))]


def _read(path: Path) -> tuple[Written, ...]:
    if str(path) != STDIN:
        return documents.read(path)
    content = sys.stdin.buffer.read(documents.LONGEST + 1)
    return documents.parse(documents.decode(content, STDIN), STDIN)


def told(error: BaseException) -> str:
    """One line for a person."""
    if isinstance(error, OSError) and error.strerror:
        name = error.filename
        return f"{name}: {error.strerror.lower()}" if name is not None else error.strerror
    return " ".join(str(error).split())


def span(length: timedelta) -> str:
    """Two digits or so, as kubectl shows an age."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as what is in them; a line break in a value would break the table."""
    lines = [tuple(header), *(tuple(map(_cell, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join(padded)


def _cell(value: object) -> str:
    text = "-" if value is None else str(value)
    return " ".join(text.split()) if text.split() else "''"
