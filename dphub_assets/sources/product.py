"""A product as a source: one snapshot of it, whatever it publishes meanwhile."""

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_assets.lake.errors import LakeError, NoSnapshot, SnapshotGone
from dphub_assets.lake.reader import LakeReader, Snapshot
from dphub_assets.sources.errors import SourceMissing
from dphub_assets.sources.relation import Relation, parquet
from dphub_k8s.api.entity import Column
from dphub_k8s.api.product import DataProduct


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot of a product; its name says which."""

    lake: LakeReader
    snapshot: Snapshot

    @property
    def name(self) -> str:
        return f"{self.snapshot.name}@{self.snapshot.sequence}"

    def version(self) -> str:
        """Of its data, so that new words about the same rows are no new version."""
        return self.snapshot.document.data_version

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002  other locations need it
        folder: Path,
    ) -> Relation:
        """The columns that it publishes. Its file has a second name in `folder`, so that the lake
        may sweep it."""
        document = self.snapshot.document
        (file,) = document.files
        folder.mkdir(parents=True, exist_ok=True)
        try:
            place = self.lake.local(self.snapshot, file)
            kept = folder / place.name
            _keep(place, kept)
        except FileNotFoundError as error:
            raise SourceMissing(f"{self.name} is no longer kept") from error
        read, shown = (_contract(document.spec, parquet(each)) for each in (kept, place))
        return Relation(self.name, "Parquet", read, shown)


@dataclass(frozen=True, slots=True)
class Promised:
    """What a product says that it will publish: its columns, and no rows."""

    product: DataProduct

    @property
    def name(self) -> str:
        return f"product {self.product.name}"

    def version(self) -> str:
        return self.product.code_version()

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002  other locations need it
        folder: Path,  # noqa: ARG002
    ) -> Relation:
        columns = self.product.spec.entity.columns
        nothing = ", ".join(f"NULL::{c.kind.cast} AS {_name(c.name)}" for c in columns)
        empty = f"(SELECT {nothing} LIMIT 0)"
        return Relation(self.name, "contract", empty, empty)


def published(lake: LakeReader, name: str, sequence: int | None = None) -> Published:
    """Its current snapshot, or the one of this number while it is kept. Raises SourceMissing."""
    try:
        pointer = lake.pointer(name)
        if pointer is None or pointer.current is None:
            raise SourceMissing(f"product {name} has published nothing yet")
        if sequence is not None and sequence != pointer.sequence:
            try:
                return Published(lake, lake.at_sequence(pointer, sequence))
            except (NoSnapshot, SnapshotGone):
                pass
        return Published(lake, lake.open(pointer, pointer.current))
    except LakeError as error:
        raise SourceMissing(f"product {name}: {error}") from error


def _keep(place: Path, kept: Path) -> None:
    try:
        os.link(place, kept)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(place, kept)


def _contract(product: DataProduct, stored: str) -> str:
    """SQL: the published columns as the types that they are of, made of the stored ones."""
    entity, recipe = product.spec.entity, product.spec.entity.recipe()
    columns = ", ".join(map(_value, entity.columns))
    if recipe and entity.key not in entity.physical:
        stored = f"(SELECT *, {recipe.key_sql()} AS {_name(entity.key_column)} FROM {stored})"
    return f"(SELECT {columns} FROM {stored})"


def _value(column: Column) -> str:
    name = _name(column.name)
    kind = column.kind
    return name if kind.stored == kind.cast else f"{name}::{kind.cast} AS {name}"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
