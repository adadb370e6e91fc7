"""`dphub dev`, `materialize` and `reconcile`: the programs that are started."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from dphub_k8s.cli import console
from dphub_k8s.cli.console import DataRoot, Failure, Home, Products
from dphub_k8s.settings import Settings


def dev(
    products: Products = None,
    kube: Annotated[
        Path | None,
        typer.Option(
            envvar="DPHUB_KUBECONFIG",
            metavar="KUBECONFIG",
            exists=True,
            help="Products in this cluster instead of a folder.",
        ),
    ] = None,
    home: Home = None,
    data_root: DataRoot = None,
    port: Annotated[
        int, typer.Option(envvar="DPHUB_PORT", min=1, max=65_535, help="Port of the service.")
    ] = 8000,
    dagster_port: Annotated[
        int, typer.Option(envvar="DPHUB_DAGSTER_PORT", min=1, max=65_535, help="Port of the UI.")
    ] = 3000,
) -> None:
    """Run the whole hub here, until Ctrl-C."""
    from dphub_k8s import dev as local

    if why := console.missing_hub():
        raise Failure(f"the hub cannot run here: {why}")
    # A person's own machine: what that person may read may be a source.
    os.environ.setdefault("DPHUB_ALLOWED_ROOTS", "*")
    if kube:
        os.environ |= {"DPHUB_STORE": "cluster", "DPHUB_KUBECONFIG": str(kube.absolute())}
    raise typer.Exit(local.run(console.settings(products, home, data_root), port, dagster_port))


def materialize(
    target: Annotated[str, typer.Argument(metavar="NAME|FILE")],
    products: Products = None,
    home: Home = None,
    data_root: DataRoot = None,
) -> None:
    """Build a product now, without Dagster."""
    settings = console.settings(products, home, data_root)
    if not Path(target).is_file():
        if "/" in target or Path(target).suffix:
            raise Failure(f"there is no file {target}")
        console.store(settings).get(target)
    if why := console.missing_engine():
        raise Failure(f"nothing can be built: {why}")
    raise typer.Exit(_run(settings, "materialize", target))


def reconcile(
    once: Annotated[bool, typer.Option("--once", help="Until all is told and kept.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Until Ctrl-C.")] = False,
    seconds: Annotated[float, typer.Option(min=1, help="How long --once may take.")] = 60,
    products: Products = None,
    home: Home = None,
    data_root: DataRoot = None,
) -> None:
    """Keep status and cluster objects of products, without Dagster and without builds."""
    if once == watch:
        raise typer.BadParameter("give --once or --watch")
    if why := console.missing_engine():
        raise Failure(f"the lake cannot be read: {why}")
    how = ("--once", f"--seconds={seconds}") if once else ("--watch",)
    raise typer.Exit(_run(console.settings(products, home, data_root), "reconcile", *how))


def _run(settings: Settings, *arguments: str) -> int:
    command = [sys.executable, "-m", "dphub_assets", *arguments]
    with subprocess.Popen(command, env=console.environment(settings)) as child:
        # Ctrl-C reaches the child too; it cleans up, and its status counts.
        while child.returncode is None:
            with suppress(KeyboardInterrupt):
                child.wait()
    return child.returncode if child.returncode >= 0 else 1
