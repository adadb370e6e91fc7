"""`dphub infer`: a first product over files, to be read and edited."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from dphub_k8s.cli import console
from dphub_k8s.cli.console import DataRoot, Failure


def infer(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Data: files, patterns in quotes, Delta tables."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Instead of printing.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the product, not of its first file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over FILE.")] = False,
    data_root: DataRoot = None,
) -> None:
    """Draft a product from what files hold."""
    if output and output.exists() and not force:
        raise Failure(f"{output} is there already; --force writes over it")
    if why := console.missing_engine():
        raise Failure(f"nothing can be read: {why}")
    options = ["--name", name] if name else []
    run = subprocess.run(
        [sys.executable, "-m", "dphub_assets", "infer", *options, "--", *paths],
        env=console.environment(console.settings(data_root=data_root)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise typer.Exit(1)
    if output:
        output.write_text(run.stdout)
    else:
        typer.echo(run.stdout, nl=False)
