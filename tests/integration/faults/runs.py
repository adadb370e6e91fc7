"""What Dagster and the status say after a fault."""

from typing import Any

import httpx

from tests.integration.stack import Stack

Run = dict[str, Any]
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}


def settled(stack: Stack) -> list[Run] | None:
    """All runs, the oldest first, once none is under way."""
    try:
        runs = stack.runs()
    except httpx.TransportError:
        return None
    return runs[::-1] if all(run["status"] in FINISHED for run in runs) else None


def of(runs: list[Run], name: str) -> list[str]:
    """How the runs of a product have ended."""
    return [run["status"] for run in runs if product(run) == name]


def product(run: Run) -> str:
    found: str = next(tag["value"] for tag in run["tags"] if tag["key"] == "dphub.io/product")
    return found


def sequence(stack: Stack, name: str) -> int | None:
    status = stack.ready(name)
    return status.snapshot.sequence if status and status.snapshot else None
