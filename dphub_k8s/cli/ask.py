"""`dphub query`: rows of a product, from the service."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import httpx
import typer

from dphub_k8s.cli import console
from dphub_k8s.cli.console import Failure

TIMEOUT_S = 120


class Output(StrEnum):
    table = "table"
    json = "json"


def query(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="<product>, or <product>/<Set>.")],
    top: Annotated[int | None, typer.Option(min=0, help="At most so many rows.")] = None,
    skip: Annotated[int | None, typer.Option(min=0, help="Leave so many rows out.")] = None,
    select: Annotated[str | None, typer.Option(help="Columns, such as suburb,stage.")] = None,
    orderby: Annotated[str | None, typer.Option(help="Such as 'day desc'.")] = None,
    filter_: Annotated[str | None, typer.Option("--filter", help="Such as 'day eq 3'.")] = None,
    count: Annotated[bool | None, typer.Option(help="Ask how many rows there are.")] = None,
    output: Annotated[Output, typer.Option("--output", "-o")] = Output.table,
    url: Annotated[
        str, typer.Option(envvar="DPHUB_URL", help="Where the service is.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Ask the service for rows."""
    options = {
        "$top": top,
        "$skip": skip,
        "$select": select,
        "$orderby": orderby,
        "$filter": filter_,
        "$count": None if count is None else str(count).lower(),
    }
    address = f"{url.rstrip('/')}/odata/{route.lstrip('/')}"
    said = "&".join(
        f"{name}={quote(str(value), safe=',')}"
        for name, value in options.items()
        if value is not None
    )
    body = _asked(f"{address}?{said}" if said else address)
    if output is Output.json or not isinstance(body, dict):
        typer.echo(
            body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
        )
    else:
        _show(body)


def _asked(address: str) -> Any:
    try:
        parts = urlsplit(address)
        # A proxy of the environment knows nothing of this machine.
        local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        answer = httpx.get(
            address, timeout=TIMEOUT_S, trust_env=not local, headers={"Accept": "application/json"}
        )
    except (httpx.InvalidURL, ValueError) as error:
        raise Failure(f"{address} is no address: {error}") from None
    except httpx.HTTPError as error:
        host = f"{parts.scheme}://{parts.netloc}"
        raise Failure(f"no service answers at {host}: {error}; is `dphub dev` running?") from None
    if answer.is_error:
        raise Failure(f"the service answered {answer.status_code}: {_error(answer)}")
    kind = answer.headers.get("content-type", "")
    return answer.json() if "json" in kind else answer.text


def _error(answer: httpx.Response) -> str:
    """The message of an OData error, and its details."""
    try:
        error = answer.json()["error"]
        details = [detail["message"] for detail in error.get("details", [])]
        return "; ".join([f"{error['code']}: {error['message']}", *details])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:200] or answer.reason_phrase


def _show(body: Mapping[str, Any]) -> None:
    rows = body.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        rows = [{name: value for name, value in body.items() if not name.startswith("@")}]
    names = list(dict.fromkeys(name for row in rows for name in row if "@odata." not in name))
    typer.echo(console.table(names, [[row.get(name) for name in names] for row in rows]))
    total = body.get("@odata.count", body.get("@count"))
    more = "" if "@odata.nextLink" not in body and "@nextLink" not in body else ", more follow"
    of = "" if total is None else f" of {total:,}"
    typer.echo(f"{len(rows):,}{of} rows{more}", err=True)
