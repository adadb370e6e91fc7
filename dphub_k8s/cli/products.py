"""`dphub get`, `apply` and `delete`: the products of the store."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dphub_k8s import documents
from dphub_k8s.admission import admit_all, neighbour
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.status import Status
from dphub_k8s.cli import console
from dphub_k8s.cli.console import DataRoot, Failure, Given, Home, Products
from dphub_k8s.documents import Written
from dphub_k8s.settings import Settings
from dphub_k8s.stores.base import NotFound, ProductStore, Stored, age, name_of

COLUMNS = ("NAME", "DOMAIN", "GENERATION", "READY", "REASON", "ROWS", "SEQUENCE", "AGE")
WIDE = ("VERSION", "UID", "ORIGIN", "MESSAGE")

Files = Annotated[
    list[Path],
    typer.Option("--file", "-f", metavar="FILE|DIR", help="YAML or JSON, '-' for standard input."),
]
Seen = tuple[Stored, Status | None]


class Output(StrEnum):
    table = "table"
    wide = "wide"
    yaml = "yaml"
    json = "json"


def get(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]")] = None,
    output: Annotated[
        Output,
        typer.Option("--output", "-o", help="yaml: as declared; json: with all that is known."),
    ] = Output.table,
    products: Products = None,
    home: Home = None,
) -> None:
    """Show products and their state."""
    store = console.store(console.settings(products, home))
    found = [store.get(name) for name in names] if names else store.list()
    seen = [(stored, store.status(stored.name)) for stored in found]
    match output:
        case Output.yaml:
            typer.echo("---\n".join(documents.dump(stored.document) for stored in found), nl=False)
        case Output.json:
            typer.echo(json.dumps([_known(*one) for one in seen], indent=2, ensure_ascii=False))
        case Output.table:
            _show(COLUMNS, [_row(*one) for one in seen])
        case Output.wide:
            _show(COLUMNS + WIDE, [_row(*one) + _more(*one) for one in seen])
    for stored in found:
        if stored.fault:
            typer.echo(f"fault: {stored.name} stays as it was: {stored.fault}", err=True)
    for fault in () if names else store.faults():
        typer.echo(f"fault: {fault}", err=True)


def apply(
    file: Files, products: Products = None, home: Home = None, data_root: DataRoot = None
) -> None:
    """Create or replace products: all or none."""
    settings = console.settings(products, home, data_root)
    store = console.store(settings)
    given = console.given(file)
    lines = [line for _, line in given.problems] + _refusals(given, store, settings)
    for line in lines:
        typer.echo(line, err=True)
    if lines:
        raise typer.Exit(1)
    if not given.documents:
        raise Failure(f"there is no product in {', '.join(map(str, file))}")
    for written in given.documents:
        typer.echo(f"{name_of(written.document)} {_applied(store, written)}")


def delete(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]")] = None,
    file: Files = [],  # noqa: B006 (typer reads the default, nobody changes it)
    products: Products = None,
    home: Home = None,
) -> None:
    """Delete products (dataRetention rules their data)."""
    store = console.store(console.settings(products, home))
    given = console.given(file)
    lines = [line for _, line in given.problems]
    wanted = [*(names or []), *(name_of(written.document) for written in given.documents)]
    if not wanted and not lines:
        raise typer.BadParameter("say which: NAME or --file")
    for name in dict.fromkeys(wanted):
        try:
            store.delete(name)
            typer.echo(f"{name} deleted")
        except NotFound as error:
            lines.append(console.told(error))
    for line in lines:
        typer.echo(line, err=True)
    if lines:
        raise typer.Exit(1)


def _refusals(given: Given, store: ProductStore, settings: Settings) -> list[str]:
    """A path of somebody who stays cannot be taken, however old the product is that wants it."""
    met = [neighbour(written.document, written.origin) for written in given.documents]
    named = {one.name for one in met if one}
    kept = [stored for stored in store.list() if stored.name not in named]
    first = [(stored.document, stored.origin) for stored in sorted(kept, key=age)]
    wanted = [(written.document, written.origin) for written in given.documents]
    outcomes = admit_all([*first, *wanted], roots=settings.allowed_roots)[len(first) :]
    return [
        f"{written.origin}: {problem}"
        for written, outcome in zip(given.documents, outcomes, strict=True)
        if isinstance(outcome, Refused)
        for problem in outcome.problems
    ]


def _applied(store: ProductStore, written: Written) -> str:
    try:
        old = store.get(name_of(written.document))
    except NotFound:
        store.create(written.document)
        return "created"
    new = store.replace(written.document, old.version)
    return "unchanged" if new.version == old.version else "replaced"


def _row(stored: Stored, status: Status | None) -> tuple[object, ...]:
    spec = stored.document.get("spec")
    domain = spec.get("domain", "default") if isinstance(spec, dict) else None
    ready = status.condition("Ready") if status else None
    snapshot = status.snapshot if status else None
    return (
        stored.name,
        domain,
        stored.generation,
        ready.status if ready else "Unknown",
        stored.fault.reason if stored.fault else ready.reason if ready else None,
        f"{snapshot.rows:,}" if snapshot else None,
        snapshot.sequence if snapshot else None,
        console.span(datetime.now(UTC) - stored.created),
    )


def _more(stored: Stored, status: Status | None) -> tuple[object, ...]:
    conditions = status.conditions if status else ()
    bad_first = sorted(conditions, key=lambda said: said.status == "True")
    message = next((said.message for said in bad_first if said.message), None)
    return stored.version, stored.uid, stored.origin, message


def _known(stored: Stored, status: Status | None) -> dict[str, Any]:
    fault = stored.fault
    return {
        "name": stored.name,
        "uid": stored.uid,
        "generation": stored.generation,
        "version": stored.version,
        "created": stored.created.isoformat(),
        "origin": stored.origin,
        "document": stored.document,
        "status": status.model_dump(mode="json", by_alias=True) if status else None,
        "fault": {"path": fault.path, "reason": fault.reason, "message": fault.message}
        if fault
        else None,
    }


def _show(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    found = list(rows)
    typer.echo(console.table(header, found) if found else "there is no product")
