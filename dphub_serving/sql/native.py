"""A snapshot's rows as a DuckDB file of their own: how it is made, attached and let go.

Its table `rows` stands in for the Parquet file: the same columns and the position, in the same
order. DuckDB finds a row in it with half the work, and skips to a position without reading on.
"""

from dataclasses import dataclass

from dphub_serving.sql.statement import name, text

# Whoever changes what stands in a file counts up, so that files of before are not read.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Native:
    """The database of one snapshot, under the name that it is attached as."""

    alias: str

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

    def count(self) -> str:
        """How many rows it has, and as many again where their positions have no gap."""
        return f"SELECT count(*), max(file_row_number) + 1 FROM {self.rows}"


def create(rows: str, index: str | None) -> tuple[str, ...]:
    """What fills an empty database, from the relations of the rows and of the key index."""
    tables = [f'CREATE TABLE "rows" AS FROM {rows}']
    if index is not None:
        tables.append(f"CREATE TABLE keys AS FROM {index}")
    return tuple(tables)
