"""What a navigation property brings along -> one statement for all rows of a level.

The keys of the rows are two lists of parameters, so that the statement is the same for any number
of them; DuckDB joins them with the target, whose rows it passes over that none of the keys meets.
"""

from collections.abc import Sequence

from dphub_serving.odata.expansion import Expanded
from dphub_serving.sql.filter import passing
from dphub_serving.sql.fragment import Fragment, fill
from dphub_serving.sql.ordered import term_of
from dphub_serving.sql.relation import Relation
from dphub_serving.sql.shape import Shape, reading, row
from dphub_serving.sql.statement import Statement, name
from dphub_serving.sql.table import POSITION, Table

# Rows that one statement may bring.
MOST = 100_000
# With a blank, so that no column has these names.
PARENT, PLACE, TOTAL = name("parent number"), name("row of parent"), name("rows of parent")

Keys = Sequence[tuple[str, ...]]


def compile_expanded(
    table: Table, wanted: Expanded, keys: Keys, shape: Shape, *, plainly: bool = True
) -> Statement:
    """Columns: the number of the key, JSON, the place among the rows of that key from 1, how many
    there are, then what a cursor is made of where there may be more: the values of the order as
    texts, and the position. The first row of a key is always there, where its total is asked.

    Without an order asked the rows of a key lie as they are stored. What is plain has no windows,
    which cost more than the rows: place and total are null, and left to be counted. Not `plainly`
    it reads no row that no page shows.
    """
    query = wanted.query
    if plainly and wanted.is_plain:
        return _plain(table, wanted, keys, shape)
    found = _found(table, wanted, keys)
    terms = [term_of(table, each, number) for number, each in enumerate(query.order)]
    order = "".join(f"{term.ordering()}, " for term in terms)
    ranked = (
        f"(SELECT *, row_number() OVER (PARTITION BY {PARENT} ORDER BY {order}file_row_number)"
        f" AS {PLACE}, {_total(counts=query.count)} AS {TOTAL} FROM {{0}})"
    )
    source = fill(ranked, found)
    first = f"({PLACE} = 1 OR {PLACE} > ?)" if query.count else f"{PLACE} > ?"
    rest = f" WHERE {first} AND {PLACE} <= ? ORDER BY {PARENT}, {PLACE} LIMIT ?"
    end = max(query.skip + query.fetch, 1 if query.count else 0)
    texts = [name(f"o {number}") for number, _ in enumerate(terms)] if wanted.pages else []
    told = [f"{term.sql}::VARCHAR AS {each}" for term, each in zip(terms, texts, strict=False)]
    told += [f"file_row_number AS {POSITION}"] if wanted.pages else []
    relation = reading(table, query, shape, rest, (PARENT, PLACE, TOTAL, *told), source=source.text)
    places = [POSITION] if wanted.pages else []
    items = [PARENT, row(table, query, shape), PLACE, TOTAL, *texts, *places]
    text = f"SELECT {', '.join(items)} FROM {relation}"
    return Statement(text, (*source.params, query.skip, end, MOST + 1))


def _plain(table: Table, wanted: Expanded, keys: Keys, shape: Shape) -> Statement:
    joined, condition = _joined(table, wanted, keys)
    places = [POSITION] if wanted.pages else []
    told = [PARENT, *(f"file_row_number AS {each}" for each in places)]
    # Of a key that is unique there is one row.
    single = [right for _, right in wanted.way.keys] == [table.unique]
    order = "" if single else f" ORDER BY {PARENT}, file_row_number"
    where = f" WHERE {condition.text}" if wanted.query.filter else ""
    rest = f"{where}{order} LIMIT ?"
    relation = reading(table, wanted.query, shape, rest, tuple(told), source=joined.text)
    items = [PARENT, row(table, wanted.query, shape), "NULL", "NULL", *places]
    params = (*joined.params, *(condition.params if where else ()), MOST + 1)
    return Statement(f"SELECT {', '.join(items)} FROM {relation}", params)


def compile_counted(table: Table, wanted: Expanded, keys: Keys) -> Statement:
    """How many rows each key has; columns: the number of the key, the count."""
    found = _found(table, wanted, keys)
    text = f"SELECT {PARENT}, count(*) FROM {found.text} GROUP BY {PARENT}"
    return Statement(text, found.params)


def _total(*, counts: bool) -> str:
    return f"count(*) OVER (PARTITION BY {PARENT})" if counts else "NULL"


def _found(table: Table, wanted: Expanded, keys: Keys) -> Fragment:
    """The rows that pass the filter and meet a key, with its number."""
    joined, condition = _joined(table, wanted, keys)
    return fill(f"(SELECT target.*, {PARENT} FROM {{0}} WHERE {{1}})", joined, condition)


def _joined(table: Table, wanted: Expanded, keys: Keys) -> tuple[Fragment, Fragment]:
    """The rows that meet a key, and the condition that they have to pass."""
    rows = passing(table, wanted.query.filter, Relation.of(wanted.query))
    columns, equal, params = [], [], list[object]()
    for number, (_, right) in enumerate(wanted.way.keys):
        key = name(f"key {number}")
        columns.append(f"TRY_CAST(unnest(?::VARCHAR[]) AS {table.types[right].stored}) AS {key}")
        equal.append(f"target.{name(right)} = {key}")
        params.append([each[number] for each in keys])
    numbered = f"(SELECT unnest(?::INTEGER[]) AS {PARENT}, {', '.join(columns)})"
    given = Fragment(numbered, (list(range(len(keys))), *params))
    on = " AND ".join(equal)
    return fill(f"{{0}} AS target JOIN {{1}} AS given ON {on}", rows.source, given), rows.condition
