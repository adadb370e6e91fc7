"""Questions with a filter: the URL, and the same as a statement over the native file."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from bench import data, orders, raw
from bench.server import LOOK, PAGE, Server

KEY = {data.NAME: "id", orders.NAME: "order_id"}
ORDERS = f"/odata/{orders.NAME}/{orders.ENTITY_SET}"
LEFT, SMALL = ">= 0.75 of raw", "of raw"


@dataclass(frozen=True, slots=True)
class Question:
    """The first column of `statement` is the key, or the count; `wide` is run with all threads,
    and asked `times` times in a round."""

    product: str
    name: str
    path: str
    statement: str
    values: tuple[object, ...]
    wanted: str = LEFT
    wide: bool = True
    times: int = 20
    control: bool = False


def of_outages(server: Server) -> Iterator[Question]:
    sets = f"{LOOK}/{data.ENTITY_SET}"
    for name, text, condition, values in (
        ("eighth", "stage eq 4", "stage = ?", (4,)),
        ("range", "day gt 25 and stage ge 7", "day > ? AND stage >= ?", (25, 7)),
        ("contains", "contains(suburb,'10')", "contains(suburb, ?)", ("10",)),
        ("either", "stage eq 8 or day lt 3", "(stage = ? OR day < ?)", (8, 3)),
    ):
        for order, by in (("", ""), ("day desc", "day DESC NULLS LAST, ")):
            url = f"{LOOK}?$count=false&$top={PAGE}&$filter={quote(text)}"
            url += f"&$orderby={quote(order)}" if order else ""
            statement = _page("outages", condition, f"{by}file_row_number")
            told = f"page_{name}{'_latest' if order else ''}"
            yield Question(data.NAME, told, url, statement, values, control=name == "eighth")
        url = f"{sets}/$count?$filter={quote(text)}"
        statement = f"SELECT count(*) FROM {_rows('outages')} WHERE {condition}"
        yield Question(data.NAME, f"count_{name}", url, statement, values)
    yield from _keys(server)


def _keys(server: Server) -> Iterator[Question]:
    entities = server.random_entities(10)
    found = [next(entities) for _ in range(10)]
    literals = ["'" + each.key.replace("'", "''") + "'" for each in found]
    one = " AND ".join(f"{name} = ?" for name in [*data.COLUMNS, "_ordinal"])
    for name, text, asked in (
        ("id_eq", f"id eq {literals[0]}", found[:1]),
        ("id_in_10", f"id in ({','.join(literals)})", found),
    ):
        url = f"{LOOK}?$count=false&$top={PAGE}&$filter={quote(text)}"
        each = f"SELECT * FROM {_rows('outages')} WHERE {one}"
        rows = "(" + " UNION ALL ".join([each] * len(asked)) + ")"
        statement = _page("outages", "true", "file_row_number", rows)
        values = tuple(value for entity in asked for value in entity.values)
        yield Question(data.NAME, name, url, statement, values, SMALL, wide=False, times=50)


def of_orders() -> Iterator[Question]:
    text = quote("status eq 'open' and amount gt 5000")
    condition, values = "status = ? AND amount > ?::DECIMAL(12,2)", ("open", 5000)
    count = f"SELECT count(*) FROM {_rows('orders')} WHERE {condition}"
    url = f"{ORDERS}/$count?$filter={text}"
    yield Question(orders.NAME, "orders_count", url, count, values, "<= 8 ms", control=True)
    for order, by in (
        ("", ""),
        ("amount desc", "amount DESC NULLS LAST, "),
        ("region,placed desc", "region NULLS FIRST, placed DESC NULLS LAST, "),
    ):
        url = f"{ORDERS}?$top={PAGE}&$filter={text}" + (
            f"&$orderby={quote(order)}" if order else ""
        )
        statement = _page("orders", condition, f"{by}file_row_number")
        told = "_".join(["orders_page", *order.replace(",", " ").split()[:2]])
        yield Question(orders.NAME, told, url, statement, values)
    one = f"SELECT * EXCLUDE (file_row_number) FROM {_rows('orders')} WHERE order_id = ? LIMIT 1"
    url = f"{ORDERS}(654321)"
    yield Question(
        orders.NAME, "orders_key", url, one, (654321,), "<= 1.5 ms", wide=False, times=100
    )


def _page(product: str, condition: str, order: str, rows: str | None = None) -> str:
    if order == "file_row_number" and rows is None:
        # In file order, which DuckDB keeps: so does the service.
        order = ""
    by = f" ORDER BY {order}" if order else ""
    found = f"SELECT * FROM {rows or _rows(product)} WHERE {condition}{by} LIMIT {PAGE}"
    if product == "orders":
        return f"SELECT {', '.join(orders.COLUMNS)} FROM ({found})"
    return raw.with_key(found)


def _rows(product: str) -> str:
    return f'{product}.main."rows"'
