"""Random requests for random products that lead to each other, against plain Python.

A case is made of its number alone: DPHUB_CASES says how many, DPHUB_FIRST_CASE where they begin.
Products are built for every MANY cases and asked for all of them.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.differential.mesh import hub, sets
from tests.differential.mesh.answers import difference, without_nulls
from tests.differential.mesh.conditions import Dice
from tests.differential.mesh.requests import Request, request
from tests.differential.mesh.service import Service, Wrong, count_of
from tests.unit.serving.conftest import Client, serving

CASES, FIRST = (
    int(os.environ.get(name, default))
    for name, default in (("DPHUB_CASES", "100"), ("DPHUB_FIRST_CASE", "0"))
)
MANY = 50
HEADERS: list[dict[str, str]] = [
    {},
    {},
    {"OData-MaxVersion": "4.01"},
    {"Accept": "application/json;odata.metadata=full"},
    {"Accept": "application/json;odata.metadata=none"},
    {"Accept": "application/json;IEEE754Compatible=true"},
    {"OData-MaxVersion": "4.01", "Prefer": "omit-values=nulls"},
]


def service(dice: Dice, client: Client, rows: int) -> Service:
    """Small pages are for few rows, as each of them is a request."""
    sizes = [0, 0, 7, 12] if rows > MANY else [0, 0, 0, 1, 2, 3, 7]
    headers, size = dice.choice(HEADERS), dice.choice(sizes)
    if size:
        preferred = [headers["Prefer"]] if "Prefer" in headers else []
        headers = {**headers, "Prefer": ",".join([*preferred, f"maxpagesize={size}"])}
    return Service(client, headers, size)


def differs(asked: Service, wanted: Request, status: int, body: Any) -> str:
    if status != wanted.status:
        return f"{status} {body}"
    found: Any = None
    total: int | None = None
    match wanted.found:
        case int():
            found = int(body)
        case dict():
            found = asked.row(wanted.of, body)
        case list():
            found = asked.rows(wanted.of, body)
            total = None if wanted.total is None else count_of(body)
        case _:
            assert wanted.found is None
    clean = without_nulls if asked.omits else lambda each: each
    return difference(clean(found), clean(wanted.found)) or difference(
        total, wanted.total, "$count"
    )


def told(number: int, client: Client, products: list[sets.Product]) -> str:
    """What is answered otherwise, to one request or to a batch of some."""
    dice = Dice(f"case {number}")
    wanted = [request(dice, products) for _ in range(dice.choice([1, 1, 1, 1, 1, 3]))]
    asked = service(dice, client, max(each.rows for each in wanted))
    urls = [each.url for each in wanted]
    try:
        found = asked.batch(urls) if len(urls) > 1 else [asked.get(urls[0])]
        for each, (status, body) in zip(wanted, found, strict=True):
            if wrong := differs(asked, each, status, body):
                return f"{unquote(each.url)} {asked.headers}: {wrong}"
    except Wrong as wrong:
        return f"{urls} {asked.headers}: {wrong}"
    return ""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(FIRST // MANY, -(-(FIRST + CASES) // MANY)))
def test_what_is_related_is_found(number: int, tmp_path: Path) -> None:
    products = sets.mesh(number)
    first, last = max(FIRST, number * MANY), min(FIRST + CASES, (number + 1) * MANY)
    with serving(hub.publish(tmp_path, products)) as client:
        for case in range(first, last):
            wrong = told(case, client, products)
            assert not wrong, f"DPHUB_CASES=1 DPHUB_FIRST_CASE={case}: {wrong}"
