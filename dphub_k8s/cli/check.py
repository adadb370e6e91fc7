"""`dphub validate`: all that is wrong with files of products, a line each."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dphub_k8s import documents
from dphub_k8s.admission import admit_all
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.cli import console
from dphub_k8s.cli.console import STDIN, DataRoot, Failure, Given
from dphub_k8s.documents import Written
from dphub_k8s.settings import Settings

Line = tuple[str, str]


def validate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|DIR...", help="YAML or JSON, '-' for standard input."),
    ],
    offline: Annotated[bool, typer.Option(help="Do not look at the sources.")] = False,
    data_root: DataRoot = None,
) -> None:
    """Say all that is wrong with products."""
    settings = console.settings(data_root=data_root)
    given = console.given(paths)
    refused = list(refusals(given, settings))
    lines = [*given.problems, *(line for each in refused for line in _lines(*each))]
    wrong_ones = {written.origin for written, _ in refused}
    sound = [written for written in given.documents if written.origin not in wrong_ones]
    if sound and not offline:
        lines += [line for line in _looked_at(sound, settings) if line not in lines]
    for _, line in lines:
        typer.echo(line)
    wrong = Counter(file for file, _ in lines)
    for file in given.files:
        if file not in wrong:
            typer.echo(f"{file}: ok")
    if not given.files and not lines:
        raise Failure(f"there is no YAML or JSON file in {', '.join(map(str, paths))}")
    if wrong:
        typer.echo(f"problems: {wrong.total()}, files: {len(wrong)}", err=True)
        raise typer.Exit(1)


def refusals(given: Given, settings: Settings) -> Iterator[tuple[Written, Refused]]:
    """What admission says."""
    found = [(written.document, written.origin) for written in given.documents]
    outcomes = admit_all(found, roots=settings.allowed_roots)
    for written, outcome in zip(given.documents, outcomes, strict=True):
        if isinstance(outcome, Refused):
            yield written, outcome


def _lines(written: Written, refused: Refused) -> Iterator[Line]:
    for problem in refused.problems:
        yield written.file, f"{written.origin}: {problem}"


def _looked_at(sound: list[Written], settings: Settings) -> list[Line]:
    """What the plan says, in a process of its own: it needs the schemas of the sources. Of files
    with refused products beside sound ones, what is said of these comes again."""
    files = dict.fromkeys(written.file for written in sound)
    piped = [written.document for written in sound if written.file == STDIN]
    if why := console.missing_engine():
        typer.echo(f"the sources were not looked at: {why}", err=True)
        return []
    run = subprocess.run(
        [sys.executable, "-m", "dphub_assets", "validate", *files],
        env=console.environment(settings),
        input="---\n".join(map(documents.dump, piped)),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for text in run.stdout.splitlines() for line in _line(text)]
    if run.returncode not in (0, 1) or (run.returncode == 1) != bool(lines):
        last = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(f"looking at the sources failed (status {run.returncode}): {last}")
    return lines


def _line(text: str) -> Iterator[Line]:
    try:
        found = json.loads(text)
        problem = Problem(found["path"], found["reason"], found["message"])
        # Standard input was written anew: its lines are others.
        place = found["file"] if found["file"] == STDIN else found.get("origin", found["file"])
        yield found["file"], f"{place}: {problem}"
    except (ValueError, KeyError, TypeError):
        return
