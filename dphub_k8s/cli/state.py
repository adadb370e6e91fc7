"""`dphub status`: where every product of the store stands, at a glance."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from dphub_k8s.api.status import Condition, RunStatus, Status
from dphub_k8s.cli import console
from dphub_k8s.cli.console import Home, Products
from dphub_k8s.dev import lock
from dphub_k8s.stores.base import Stored

COLUMNS = ("NAME", "STATE", "READY", "REASON", "ROWS", "AGE", "LAST RUN", "NEXT")
State = Literal[
    "Ready", "Stale", "Suspended", "Building", "Waiting", "Failed", "Refused", "Unreachable"
]
BY_REASON: Mapping[str, State] = {
    "Stale": "Stale",
    "Suspended": "Suspended",
    "Building": "Building",
    "SourceMissing": "Waiting",
    "NotServed": "Waiting",
    "Behind": "Waiting",
    "ServiceUnreachable": "Unreachable",
}
UNSEEN = "the hub has not looked at this declaration yet"
SHORT_ID = 8  # of a run, as Dagster shows it


class Output(StrEnum):
    table = "table"
    json = "json"


@dataclass(frozen=True, slots=True)
class Standing:
    """`ready` is whether what is declared is served; the rest says where its data stand too."""

    name: str
    state: State
    ready: bool
    reason: str | None
    message: str
    status: Status | None


def status(
    output: Annotated[Output, typer.Option("--output", "-o")] = Output.table,
    products: Products = None,
    home: Home = None,
) -> None:
    """Show where every product stands; status 1 if one is not ready."""
    settings = console.settings(products, home)
    store = console.store(settings)
    found = [standing(stored, store.status(stored.name)) for stored in store.list()]
    faults = store.faults()
    if output is Output.json:
        typer.echo(json.dumps([_known(one) for one in found], indent=2, ensure_ascii=False))
    else:
        _show(found, datetime.now(UTC))
    for fault in faults:
        typer.echo(f"fault: {fault}", err=True)
    if not lock.is_taken(settings):
        told = f"no `dphub dev` uses {settings.home}: this is what a hub said last"
        typer.echo(told, err=True)
    if faults or not all(one.ready for one in found):
        raise typer.Exit(1)


def standing(stored: Stored, status: Status | None) -> Standing:
    if stored.fault:
        fault = stored.fault
        return Standing(stored.name, "Refused", False, fault.reason, str(fault), status)
    if status is None or status.observed_generation < stored.generation:
        return Standing(stored.name, "Waiting", False, None, UNSEEN, status)
    ready = status.condition("Ready")
    if ready is None:
        return Standing(stored.name, "Waiting", False, None, UNSEEN, status)
    built, is_ready = status.condition("Materialized"), ready.status == "True"
    said = built if built and is_ready and built.status != "True" else ready
    state = _state(status, said)
    return Standing(stored.name, state, is_ready, said.reason, said.message, status)


def _state(status: Status, said: Condition) -> State:
    if found := BY_REASON.get(said.reason):
        return found
    if said.status == "True":
        return "Ready"
    accepted, built = status.condition("Accepted"), status.condition("Materialized")
    if accepted and accepted.status == "False":
        return "Refused"
    return "Waiting" if built and built.status == "Unknown" else "Failed"


def _show(found: list[Standing], now: datetime) -> None:
    if not found:
        typer.echo("there is no product")
        return
    typer.echo(console.table(COLUMNS, [_row(one, now) for one in found]))
    for one in found:
        if one.message and (not one.ready or one.state in ("Failed", "Waiting")):
            typer.echo(f"{one.name}: {' '.join(one.message.split())}")
    counts = Counter(one.state for one in found)
    told = ", ".join(f"{count} {state.lower()}" for state, count in counts.most_common())
    typer.echo(f"{len(found)} product{'s' if len(found) > 1 else ''}: {told}")


def _row(one: Standing, now: datetime) -> tuple[object, ...]:
    snapshot = one.status.snapshot if one.status else None
    ready = one.status.condition("Ready") if one.status else None
    run = last_run(one.status)
    return (
        one.name,
        one.state,
        ready.status if ready else "Unknown",
        one.reason,
        f"{snapshot.rows:,}" if snapshot else None,
        console.span(now - snapshot.materialized_at) if snapshot else None,
        f"{run.id[:SHORT_ID]} {run.result.lower()}" if run else None,
        next((_soon(what, moment, now) for what, moment in following(one.status)), None),
    )


def last_run(status: Status | None) -> RunStatus | None:
    """The one that tried what is declared, or made what is served."""
    snapshot = status.snapshot if status else None
    if status and status.last_run:
        return status.last_run
    if snapshot and snapshot.run_id:
        return RunStatus(id=snapshot.run_id, result="Succeeded", ended=snapshot.materialized_at)
    return None


def following(status: Status | None) -> Iterator[tuple[str, datetime]]:
    """What happens by itself, and when."""
    if status and status.next_attempt:
        yield "attempt", status.next_attempt
    if status and status.next_refresh:
        yield "refresh", status.next_refresh


def _soon(what: str, moment: datetime, now: datetime) -> str:
    return f"{what} in {console.span(moment - now)}" if moment > now else f"{what} due"


def _known(one: Standing) -> dict[str, Any]:
    snapshot = one.status.snapshot if one.status else None
    run = last_run(one.status)
    return {
        "name": one.name,
        "state": one.state,
        "ready": one.ready,
        "reason": one.reason,
        "message": one.message,
        "snapshot": snapshot.model_dump(mode="json", by_alias=True) if snapshot else None,
        "lastRun": run.model_dump(mode="json") if run else None,
        "next": [{"what": w, "at": moment.isoformat()} for w, moment in following(one.status)],
    }
