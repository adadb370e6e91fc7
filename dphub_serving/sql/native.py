"""A snapshot's rows as a DuckDB file of their own: how it is made, attached and let go.

Its table `rows` stands in for the Parquet file: the same columns and the position, in the same
order. DuckDB finds a row in it with half the work, and skips to a position without reading on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dphub_serving.sql.statement import name, text

# Whoever changes what stands in a file counts up, so that files of before are not read.
FORMAT = 2
# Rows between two marks: as many as DuckDB passes over at once.
STEP = 122_880
# Rows copied by one statement: memory is let go behind each, however many rows there are.
BATCH = 16 * STEP
# Of a mark; longer texts that begin alike lie between the same marks.
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Marks:
    """What every STEP-th row has in `column`, a text that the rows are sorted by.

    DuckDB keeps the first few bytes of the bounds of texts, and texts that all begin alike, as
    numbered codes do, would have it read them all.
    """

    column: str
    texts: Sequence[str | None] = ()

    @classmethod
    def of(cls, column: str, found: Sequence[tuple[str | None]]) -> "Marks":
        return cls(column, [text for (text,) in found])

    def first(self, text: str) -> int:
        """No row before this position has the text or a greater one."""
        return max(bisect_left(self.texts, _order(text), key=_order) - 1, 0) * STEP

    def end(self, text: str) -> int:
        """No row from this position on has the text or a lesser one."""
        return bisect_right(self.texts, _order(text), key=_order) * STEP


def _order(text: str | None) -> tuple[bool, str]:
    """Null is the lowest; DuckDB and Python both compare code points."""
    return text is not None, (text or "")[:LONGEST]


@dataclass(frozen=True, slots=True)
class Native:
    """The database of one snapshot, under the name that it is attached as."""

    alias: str
    marks: Marks | None = None

    @property
    def rows(self) -> str:
        return f'{name(self.alias)}.main."rows"'

    @property
    def keys(self) -> str:
        """The key index: `key` and `position`."""
        return f"{name(self.alias)}.main.keys"

    def attach(self, file: str) -> str:
        return f"ATTACH {text(file)} AS {name(self.alias)} (READ_ONLY)"

    def detach(self) -> str:
        return f"DETACH DATABASE IF EXISTS {name(self.alias)}"

    def marked(self) -> str:
        return f"SELECT text FROM {name(self.alias)}.main.marks ORDER BY position"

    def count(self) -> str:
        """How many rows it has, and as many again where their positions have no gap."""
        return f"SELECT count(*), max(file_row_number) + 1 FROM {self.rows}"


def create(rows: str, index: str | None, marked: str | None, count: int) -> tuple[str, ...]:
    """What fills an empty database, from the relations of `count` rows and of the key index, each
    with its `file_row_number`; `marked` is the column of the marks."""
    statements = [*_copied('"rows"', "*", rows, count)]
    if marked is not None:
        mark = f"file_row_number AS position, left({name(marked)}, {LONGEST}) AS text"
        every = f'SELECT {mark} FROM "rows" WHERE file_row_number % {STEP} = 0'
        statements.append(f"CREATE TABLE marks AS {every}")
    if index is not None:
        # A key of each row at most.
        statements += _copied("keys", "key, position", index, count)
    return tuple(statements)


def _copied(table: str, columns: str, source: str, count: int) -> Iterator[str]:
    """In file order, which DuckDB keeps."""
    begin = f"CREATE TABLE {table} AS"
    for first in range(0, max(count, 1), BATCH):
        batch = f"file_row_number >= {first} AND file_row_number < {first + BATCH}"
        if first:
            yield "CHECKPOINT"
        yield f"{begin} SELECT {columns} FROM {source} WHERE {batch}"
        begin = f"INSERT INTO {table}"
