"""What is asked of a million orders."""

import random
from collections.abc import Iterator

from bench import customers, orders
from bench.peers.question import LONG, TIMES, Question
from bench.peers.server import Request, Server
from bench.peers.spelled import DATASETTE, OURS, ROAPI, by_sql, linked, ours, table
from bench.server import PAGE

SET = f"/odata/{orders.NAME}/{orders.ENTITY_SET}"
COLUMNS = list(orders.COLUMNS)
STATUS, AMOUNT = "open", 5000
FILTER = f"status eq '{STATUS}' and amount gt {AMOUNT}"
PASSING = f"status = '{STATUS}' AND amount > ?::DECIMAL(12,2)"
EVERYTHING = f'SELECT {", ".join(COLUMNS)} FROM orders.main."rows"'
ROAPI_TABLE = "/api/tables/orders"


def questions(server: Server) -> Iterator[Question]:
    chance = random.Random(7)
    keys = [chance.randrange(LONG, orders.ROWS - LONG) for _ in range(TIMES)]
    yield page()
    yield key(keys)
    yield count()
    yield link(keys, server)
    yield expand(keys)


def page() -> Question:
    order = "amount DESC NULLS LAST, file_row_number"
    asked = f"filter[status]='{STATUS}'&filter[amount]gt={AMOUNT}&sort=-amount,order_id"
    theirs = f"status__exact={STATUS}&amount__gt={AMOUNT}&_sort_desc=amount"
    return Question(
        "orders_page_100",
        "<= 31 ms",
        COLUMNS,
        [AMOUNT] * TIMES,
        f"{EVERYTHING} WHERE {PASSING} ORDER BY {order} LIMIT {PAGE}",
        {
            OURS: lambda _: ours(SET, top=PAGE, filter=FILTER, orderby="amount desc"),
            ROAPI: lambda _: Request(f"{ROAPI_TABLE}?{asked}&limit={PAGE}"),
            DATASETTE: lambda _: table(f"orders.json?{theirs}&_size={PAGE}"),
        },
        wide=True,
    )


def key(keys: list[int]) -> Question:
    return Question(
        "orders_key",
        "<= 1.5 ms",
        COLUMNS,
        keys,
        f"{EVERYTHING} WHERE order_id = ? LIMIT 1",
        {
            OURS: lambda key: ours(f"{SET}({key})"),
            ROAPI: lambda key: Request(f"{ROAPI_TABLE}?filter[order_id]={key}"),
            DATASETTE: lambda key: table(f"orders/{key}.json"),
        },
    )


def count() -> Question:
    theirs = f"SELECT count(*) AS n FROM orders WHERE status = '{STATUS}' AND amount > {AMOUNT}"
    return Question(
        "orders_count",
        "<= 8 ms",
        ["n"],
        [AMOUNT] * TIMES,
        f'SELECT count(*) AS n FROM orders.main."rows" WHERE {PASSING}',
        {
            OURS: lambda _: ours(f"{SET}/$count", filter=FILTER),
            ROAPI: by_sql(ROAPI, lambda _: theirs),
            DATASETTE: by_sql(DATASETTE, lambda _: theirs),
        },
        wide=True,
    )


def link(keys: list[int], server: Server) -> Question:
    """The key is that of the last row on the page before."""
    links = {key: linked(server, f"{SET}?$skip={key - LONG + 1}", LONG) for key in keys}
    asked = f"sort=order_id&limit={LONG}"
    return Question(
        "orders_link_1000",
        "<= 8 ms",
        COLUMNS,
        keys,
        f"{EVERYTHING} WHERE order_id > ? LIMIT {LONG}",
        {
            OURS: links.__getitem__,
            ROAPI: lambda key: Request(f"{ROAPI_TABLE}?filter[order_id]gt={key}&{asked}"),
            DATASETTE: lambda key: table(f"orders.json?_next={key}&_size={LONG}"),
        },
    )


def expand(keys: list[int]) -> Question:
    """The others know no expansion: they are asked for the join, in SQL."""
    brought = [name for name in customers.COLUMNS if name != "customer_id"]
    columns = [*COLUMNS, *brought]
    joined = (
        f"SELECT {', '.join(columns)} FROM (SELECT * FROM {{}} WHERE order_id >= {{}}"
        f" ORDER BY order_id LIMIT {PAGE}) AS found JOIN {{}} AS c USING (customer_id)"
        " ORDER BY order_id"
    )

    def theirs(key: int) -> str:
        return joined.format("orders", key, "customers")

    return Question(
        "orders_expand_100",
        "<= 5 ms",
        columns,
        keys,
        joined.format('orders.main."rows"', "?", 'customers.main."rows"'),
        {
            OURS: lambda key: ours(SET, filter=f"order_id ge {key}", top=PAGE, expand=orders.BUYER),
            ROAPI: by_sql(ROAPI, theirs),
            DATASETTE: by_sql(DATASETTE, theirs),
        },
    )
