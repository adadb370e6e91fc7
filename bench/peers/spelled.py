"""How requests are spelled for each server."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from bench.peers.server import Request, Server

OURS, ROAPI, DATASETTE = "dphub", "roapi", "datasette"
BARE = "_shape=array&_nocount=1&_nofacet=1&_nosuggest=1"

# The request for one of the draws.
Asked = Callable[[Any], Request]


def ours(path: str, **options: object) -> Request:
    """Options are named without `$`."""
    asked = "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
    return Request(f"{path}?{asked}" if asked else path)


def table(path: str) -> Request:
    """Of datasette: the rows alone."""
    return Request(f"/bench/{path}{'&' if '?' in path else '?'}{BARE}")


def by_sql(server: str, statement: Callable[[Any], str]) -> Asked:
    """What another server is asked where it has no URL of its own for a question."""
    if server == ROAPI:
        return lambda draw: Request("/api/sql", statement(draw))
    return lambda draw: Request(f"/bench.json?_shape=array&sql={quote(statement(draw))}")


def linked(server: Server, path: str, rows: int) -> Request:
    """The next link of a page with so many rows."""
    prefer = {"Prefer": f"odata.maxpagesize={rows}"}
    (body,) = server.answers([Request(path, headers=prefer)])
    link: str = json.loads(body)["@odata.nextLink"]
    return Request(link[link.index("/odata/") :], headers=prefer)


def literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def same(row: Mapping[str, object]) -> str:
    return " AND ".join(f"{name} = {literal(value)}" for name, value in row.items())


def after(row: Mapping[str, object]) -> str:
    """The condition of all that follows this row, where all of its columns are the order."""
    text = ""
    for name, value in reversed(list(row.items())):
        rest = f" OR ({name} = {literal(value)} AND {text})" if text else ""
        text = f"({name} > {literal(value)}{rest})"
    return text
