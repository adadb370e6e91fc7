"""Sixty-four clients at once, all asking for something else: who waits how long, and the memory."""

import random
from urllib.parse import quote

from bench import load, orders
from bench.load import request
from bench.measure import quantile, resident_mib
from bench.questions import ORDERS
from bench.report import Report
from bench.server import LOOK, PAGE, Server

CLIENTS, REQUESTS, ROUNDS = 64, 1500, 3


def tell(out: Report, server: Server) -> None:
    """Raises load.Unexpected when an answer is no answer."""
    chance = random.Random(64)
    asked = [[request(_path(server, chance)) for _ in range(REQUESTS)] for _ in range(ROUNDS)]
    load.latencies(server.port, asked[0], CLIENTS)
    before = resident_mib(server.service.pid)
    seconds = [each for part in asked[1:] for each in load.latencies(server.port, part, CLIENTS)]
    after = resident_mib(server.service.pid)
    middle = quantile(seconds, 0.5)
    out.add("filter.clients_64.p50", 1000 * middle, "ms")
    out.add(
        "filter.clients_64.p99",
        1000 * quantile(seconds, 0.99),
        "ms",
        baseline=1000 * middle,
        wanted="<= 10 of p50; no errors",
    )
    out.add("filter.clients_64.resident", after, "MiB", baseline=before, wanted="ratio ~ 1")


def _path(server: Server, chance: random.Random) -> str:
    """Of ten: four pages, three entities, one filtered page, one count, one sorted page."""
    kind, number = chance.randrange(10), chance.randrange(orders.ROWS)
    if kind < 4:
        return server.random_page()
    if kind < 7:
        return f"{ORDERS}({number})"
    if kind == 7:
        asked = f"stage eq {1 + number % 8} and day gt {number % 31}"
        return server.fresh(f"{LOOK}?$top={PAGE}&$count=false&$filter={quote(asked)}")
    if kind == 8:
        asked = f"amount gt {number % 10_000} and status eq 'open'"
        return server.fresh(f"{ORDERS}/$count?$filter={quote(asked)}")
    order = chance.choice(["day desc", "stage,day desc", "suburb desc"])
    return server.fresh(f"{LOOK}?$top={PAGE}&$count=false&$orderby={quote(order)}")
