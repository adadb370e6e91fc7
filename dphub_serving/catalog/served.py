"""One snapshot, compiled: everything that answering from it needs, made once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from dphub_assets.lake.errors import Corrupt, LakeError
from dphub_assets.lake.reader import LakeReader, Snapshot
from dphub_k8s.api.entity import Column
from dphub_k8s.api.navigation import Navigation
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import DataFile, SnapshotDocument
from dphub_k8s.api.types import ColumnType
from dphub_serving.catalog import beside, promises
from dphub_serving.odata.edm import EntitySet, EntityType, Property, identifier
from dphub_serving.odata.query import Limits
from dphub_serving.sql.table import Table


@dataclass(frozen=True)
class Served:
    """One set of a snapshot. `snapshot_id` names what never changes: answers are kept under it,
    whatever the sequence. `leading` are columns that navigation may name; `beside` are the
    published sources of the snapshot."""

    name: str
    uid: str
    route: str
    sequence: int
    snapshot_id: str
    code_version: str
    spec_digest: str
    created: str
    entity_set: EntitySet
    limits: Limits
    table: Table
    leading: Mapping[str, ColumnType] = field(default_factory=dict)
    navigation: tuple[Navigation, ...] = ()
    beside: tuple["Served", ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """The product, and the set of it."""
        return self.name, self.entity_set.name

    @property
    def identity(self) -> str:
        return f"{self.uid}/{self.snapshot_id}"

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.table, *(each.table for each in self.beside))

    def member(self, entity_set: str | None) -> "Served | None":
        """The set of this name, None is the product's own."""
        if entity_set in (None, self.entity_set.name):
            return self
        return next((each for each in self.beside if each.entity_set.name == entity_set), None)

    @cached_property
    def in_hub(self) -> EntitySet:
        """The product's set in the hub's service."""
        own = self.entity_set
        return EntitySet(identifier(self.name), own.type, own.description)


def compile_snapshot(reader: LakeReader, snapshot: Snapshot) -> Served:
    """Raises Corrupt when a file of the snapshot is not there, or what it says is not understood:
    a newer hub may have written it. Raises Unavailable, OSError."""
    try:
        return _compiled(reader, snapshot)
    except (LakeError, OSError):
        raise
    except Exception as error:
        why = f"snapshot {snapshot.sequence} is not understood: {error!r}"
        raise Corrupt(why) from error


def _compiled(reader: LakeReader, snapshot: Snapshot) -> Served:
    document = snapshot.document
    product = document.spec
    own = Served(
        name=snapshot.name,
        uid=document.product.uid,
        route=product.route,
        sequence=snapshot.sequence,
        snapshot_id=document.id,
        code_version=document.code_version,
        spec_digest=product.spec_digest(),
        created=document.created.isoformat(),
        entity_set=EntitySet(product.resource, _entity_type(product), product.spec.description),
        limits=_limits(product),
        table=_table(reader, snapshot, document),
        leading=product.spec.entity.leading,
        navigation=product.spec.entity.navigation,
    )
    return replace(own, beside=tuple(_beside(own, reader, snapshot)))


def _beside(own: Served, reader: LakeReader, snapshot: Snapshot) -> Iterator[Served]:
    for published, entity_set in beside.entity_sets(own.entity_set.type, snapshot.document.sets):
        file = _local(reader, snapshot, published.file)
        yield replace(
            own,
            entity_set=entity_set,
            table=Table.of_set(published, str(file)),
            leading=beside.leading(published),
            navigation=(),
        )


def _entity_type(product: DataProduct) -> EntityType:
    entity = product.spec.entity
    return EntityType(
        namespace=identifier(product.name),
        name=entity.name,
        key=(entity.key_column,),
        properties=tuple(_property(column, product) for column in entity.columns),
        description=product.spec.description,
    )


def _property(column: Column, product: DataProduct) -> Property:
    policy = product.spec.odata
    return Property(
        name=column.name,
        type=column.kind,
        nullable=column.nullable and column.name != product.spec.entity.key_column,
        description=column.description,
        filterable=_named(column, policy.filterable),
        orderable=_named(column, policy.orderable),
        # A generated key says what the other columns say, and is made when a row is read.
        searchable=not column.generated,
        computed=column.generated,
        valid=promises.of(column, product.spec.quality),
    )


def _named(column: Column, names: tuple[str, ...] | None) -> bool:
    return names is None or column.name in names


def _limits(product: DataProduct) -> Limits:
    policy = product.spec.odata
    always = policy.count == "always"
    return Limits(policy.default_top, policy.max_top, policy.page_size, count_default=always)


def _table(reader: LakeReader, snapshot: Snapshot, document: SnapshotDocument) -> Table:
    if len(document.files) != 1:
        raise Corrupt(f"snapshot {snapshot.sequence} has {len(document.files)} files, not one")
    rows = _local(reader, snapshot, document.files[0])
    index = _local(reader, snapshot, document.index) if document.index else None
    return Table.of(document, str(rows), str(index) if index else None)


def _local(reader: LakeReader, snapshot: Snapshot, file: DataFile) -> Path:
    try:
        return reader.local(snapshot, file)
    except FileNotFoundError as error:
        raise Corrupt(f"{file.path} of snapshot {snapshot.sequence} is not there") from error
