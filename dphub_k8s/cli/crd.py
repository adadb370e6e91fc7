"""`dphub crd`: what makes a cluster know products."""

import json
import re
from enum import StrEnum
from typing import Annotated

import typer

from dphub_k8s.crd import document

GROUP = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
VERSION = re.compile(r"v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?")


class Form(StrEnum):
    yaml = "yaml"
    json = "json"


def crd(
    group: Annotated[
        str, typer.Option(envvar="DPHUB_API_GROUP", help="API group of the products.")
    ] = document.GROUP,
    version: Annotated[
        str, typer.Option(envvar="DPHUB_API_VERSION_NAME", help="Version of the API group.")
    ] = document.VERSION,
    output: Annotated[Form, typer.Option("--output", "-o")] = Form.yaml,
) -> None:
    """Print the CustomResourceDefinition, for kubectl apply."""
    if not GROUP.fullmatch(group) or len(group) > 253:
        raise typer.BadParameter(f"{group!r} is no group, such as {document.GROUP}")
    if not VERSION.fullmatch(version):
        raise typer.BadParameter(f"{version!r} is no version, such as {document.VERSION}")
    found = document.definition(group, version)
    if output is Form.json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        typer.echo(document.dump(found), nl=False)
