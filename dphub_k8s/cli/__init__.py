"""The command line `dphub`: products as files, and the programs that work with them.

Exit status 0 done, 1 refused or failed (said in a line each), 2 not understood. It loads no engine:
what needs one is started as a process.
"""

import os
import sys

import typer

from dphub_k8s.cli import ask, check, crd, infer, products, start, state
from dphub_k8s.cli.console import Failure, told
from dphub_k8s.settings import InvalidSetting
from dphub_k8s.stores.base import StoreError

app = typer.Typer(
    name="dphub",
    help="Data products: declared in YAML, built by Dagster, served as OData.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(start.dev)
app.command()(infer.infer)
app.command()(check.validate)
app.command()(products.apply)
app.command()(products.get)
app.command()(state.status)
app.command()(products.delete)
app.command()(start.materialize)
app.command()(start.reconcile)
app.command()(ask.query)
app.command()(crd.crd)


def main() -> None:
    try:
        app()
    except BrokenPipeError:
        # The reader has left (`dphub get | head`); the interpreter must not flush to it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (Failure, InvalidSetting, StoreError, OSError) as error:
        typer.echo(f"dphub: {told(error)}", err=True)
        sys.exit(1)
