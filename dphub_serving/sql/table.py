"""What the compiler has to know of one snapshot: its files, columns, order and key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dphub_k8s.api.entity import Entity
from dphub_k8s.api.keys import KeyRecipe
from dphub_k8s.api.snapshot import ColumnStatistics, PublishedSet, SnapshotDocument
from dphub_k8s.api.types import ColumnType
from dphub_serving.sql.native import Native
from dphub_serving.sql.statement import name, text

# With a blank, so that no column has these names.
POSITION = name("row position")
KEY_TEXT = name("key text")
# An option of `parquet`.
NUMBERED = "file_row_number = true"


@dataclass(frozen=True, slots=True)
class Table:
    """`types` are the published columns by name, `complete` those that have no null, `finite` those
    that have no infinite value and no NaN, as far as is known.

    The rows stand in `rows_file` by `storage_order`, nulls first, so a row's number in the file is
    its position in that order. `index_file` finds the position of a key, where there is one.
    `native` stands in for both files. `neighbours` are the sets that a request reads besides.
    """

    rows_file: str
    index_file: str | None
    rows: int
    types: Mapping[str, ColumnType]
    complete: frozenset[str]
    storage_order: tuple[str, ...]
    key: str
    recipe: KeyRecipe | None
    native: Native | None = None
    finite: frozenset[str] = frozenset()
    neighbours: Mapping[str, "Table"] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, document: SnapshotDocument, rows_file: str, index_file: str | None) -> "Table":
        entity: Entity = document.spec.spec.entity
        types = {column.name: column.kind for column in entity.columns}
        statistics = document.files[0].statistics
        return cls(
            rows_file=rows_file,
            index_file=index_file,
            rows=document.rows,
            types=types,
            complete=_complete(statistics),
            finite=_finite(statistics, types),
            storage_order=tuple(each for each in document.storage_order if each in types),
            key=entity.key_column,
            recipe=entity.recipe(),
        )

    @classmethod
    def of_set(cls, found: PublishedSet, rows_file: str) -> "Table":
        """A published source: its rows are stored by the key."""
        types = {column.name: column.kind for column in found.columns}
        return cls(
            rows_file=rows_file,
            index_file=None,
            rows=found.file.rows,
            types=types,
            complete=_complete(found.file.statistics),
            finite=_finite(found.file.statistics, types),
            storage_order=(found.key,),
            key=found.key,
            recipe=None,
        )

    @property
    def spelled(self) -> KeyRecipe | None:
        """The recipe of a key that is no column: it is made of the others when a row is read."""
        return self.recipe if self.recipe and self.recipe.kind == "text" else None

    @property
    def unique(self) -> str | None:
        """The key, where it is a column that the rows are sorted by."""
        return None if self.recipe else self.key

    @property
    def marked(self) -> str | None:
        """The text that the rows are sorted by, where it is one."""
        first = self.storage_order[0] if self.storage_order else None
        return first if first and self.types[first].cast == "VARCHAR" else None

    def source(self) -> str:
        """The rows; DuckDB calls a row's number in the file `file_row_number`."""
        if self.native:
            return self.native.rows
        return parquet(self.rows_file, NUMBERED)

    def index(self) -> str:
        if self.native:
            return self.native.keys
        assert self.index_file is not None
        return parquet(self.index_file)

    def key_sql(self) -> str:
        """The key, from the columns beneath; a spelled one from KEY_TEXT, which `reading` adds."""
        if self.spelled is None:
            return name(self.key)
        if self.index_file is None:
            return KEY_TEXT  # no key of the snapshot is long enough to be a digest
        # The recipe repeats the text; DuckDB plans three times as fast when it stands once.
        return self.spelled.key_sql(KEY_TEXT)


def _complete(statistics: Mapping[str, ColumnStatistics]) -> frozenset[str]:
    return frozenset(each for each, found in statistics.items() if found.nulls == 0)


def _finite(
    statistics: Mapping[str, ColumnStatistics], types: Mapping[str, ColumnType]
) -> frozenset[str]:
    known = [(each, statistics[each]) for each in types if each in statistics]
    return frozenset(each for each, found in known if found.is_finite(types[each]))


def parquet(file: str, *options: str) -> str:
    """SQL for the rows of one file, whose folders are no columns."""
    # Out of a folder such as year=2024 DuckDB would read a column.
    folders = ["hive_partitioning = false"] if "=" in file else []
    return f"read_parquet({', '.join([text(file), *folders, *options])})"
