"""The snapshot document: everything that is known of one published state, in one JSON object.

It is written before the commit, under an id of its own, so it cannot hold its sequence: that is the
number of the Delta version whose commit names it.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from dphub_k8s.api.noun import Noun
from dphub_k8s.api.product import DataProduct, digest
from dphub_k8s.api.quality import Severity
from dphub_k8s.api.types import ColumnType, parse_type

# What stands before the title of a rule in the name of its check.
RULE = "rule:"
# As DuckDB prints them.
INFINITE = frozenset({"inf", "-inf", "infinity", "-infinity"})


class Identity(Noun):
    name: str
    uid: str
    generation: int


class ColumnStatistics(Noun):
    """Texts as DuckDB prints them; `nulls` and `nans` count rows. Bounds know nothing of NaN."""

    nulls: int
    nans: int | None = None
    min: str | None = None
    max: str | None = None

    def is_finite(self, kind: ColumnType) -> bool:
        """Whether it is known that no value is infinite or NaN."""
        bounded = self.max is not None and not {self.min, self.max} & INFINITE
        return bounded and (kind.edm not in ("Edm.Double", "Edm.Single") or self.nans == 0)


class DataFile(Noun):
    """One Parquet file. `path` is relative to the table, `digest` sha256 of the bytes, in hex."""

    path: str
    rows: int
    bytes: int
    digest: str
    statistics: dict[str, ColumnStatistics]


class PublishedColumn(Noun):
    """`type` is a type of the model."""

    name: str
    type: str

    @property
    def kind(self) -> ColumnType:
        return parse_type(self.type)


class PublishedSet(Noun):
    """A source that is published as a set of its own: all its rows, sorted by the key."""

    entity_set: str = Field(alias="entitySet")
    source: str
    key: str
    columns: tuple[PublishedColumn, ...] = Field(min_length=1)
    file: DataFile


class SourceVersion(Noun):
    """What was read. `version` is the data version that the location had at that moment; a product
    is located by its name and the sequence of the snapshot (`orders@12`)."""

    alias: str
    location: str
    version: str


class LineageInput(Noun):
    """A source column behind a published one; `indirect` ones decide which rows there are."""

    source: str
    column: str
    kind: Literal["direct", "indirect"]


class Verdict(Noun):
    """The outcome of one check. A rule of the product has its title after RULE.

    `violations` are rows that broke it, `keys` the first of their keys, `measured` what was
    compared.
    """

    check: str
    passed: bool
    blocking: bool = True
    message: str = ""
    violations: int | None = None
    measured: float | None = None
    keys: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        return "error" if self.blocking else "warning"


class RunInfo(Noun):
    """Who built it: a Dagster run, or none when `dphub materialize` did."""

    run_id: str | None = Field(default=None, alias="runId")
    duckdb: str
    dphub: str


class SnapshotDocument(Noun):
    """`spec` is frozen as it was built; `contract` is its promise: columns, types, key.

    `sets` are published sources; a document without any does not speak of them, so that an older
    hub reads it. `index` is the key index (a Parquet file of key and position, sorted by key), for
    keys that do not spell their row. `position` is the number of a row in `files`, in storage
    order. `sourcesRead` is when the versions of the sources were taken: earlier than `created`.
    """

    format_version: Literal[1] = Field(default=1, alias="formatVersion")
    id: str
    created: AwareDatetime
    sources_read: AwareDatetime | None = Field(default=None, alias="sourcesRead")
    product: Identity
    spec: DataProduct
    code_version: str = Field(alias="codeVersion")
    files: tuple[DataFile, ...] = Field(min_length=1)
    index: DataFile | None = None
    sets: tuple[PublishedSet, ...] = ()
    key_recipe: str | None = Field(default=None, alias="keyRecipe")
    storage_order: tuple[str, ...] = Field(alias="storageOrder")
    sources: tuple[SourceVersion, ...]
    sql: str
    column_lineage: dict[str, tuple[LineageInput, ...]] = Field(alias="columnLineage")
    verdicts: tuple[Verdict, ...]
    run: RunInfo

    @property
    def read_at(self) -> datetime:
        """When its sources were what it holds; of old documents, when it was written."""
        return self.sources_read or self.created

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def data_version(self) -> str:
        """Equal rows of equal types have equal data versions, whoever built them, and when."""
        columns = [[column.name, column.kind.name] for column in self.spec.spec.entity.columns]
        return digest([[file.digest for file in self.files], columns, self.key_recipe])

    @property
    def all_files(self) -> tuple[DataFile, ...]:
        """The index and the sets too."""
        index = (self.index,) if self.index else ()
        return (*self.files, *index, *(each.file for each in self.sets))

    def dump(self) -> dict[str, Any]:
        """JSON types; the spec as it was written, everything else without what is not there."""
        absent = None if self.sets else {"sets"}
        document = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=absent)
        return {**document, "spec": self.spec.document()}
