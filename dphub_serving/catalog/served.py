"""One snapshot, compiled: everything that answering from it needs, made once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dphub_assets.lake.errors import Corrupt
from dphub_assets.lake.reader import LakeReader, Snapshot
from dphub_k8s.api.entity import Column
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import DataFile, SnapshotDocument
from dphub_serving.odata.edm import EntitySet, EntityType, Property, Service, identifier
from dphub_serving.odata.query import Limits
from dphub_serving.sql.table import Table


@dataclass(frozen=True)
class Served:
    """`snapshot_id` names what never changes: answers are kept under it, whatever the sequence."""

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

    @cached_property
    def service(self) -> Service:
        """The product's own service."""
        described = self.entity_set.description
        return Service(self.entity_set.type.namespace, (self.entity_set,), described)

    @cached_property
    def in_hub(self) -> EntitySet:
        """The product's set in the hub's service."""
        own = self.entity_set
        return EntitySet(identifier(self.name), own.type, own.description)


def compile_snapshot(reader: LakeReader, snapshot: Snapshot) -> Served:
    """Raises Corrupt when a file of the snapshot is not there."""
    document = snapshot.document
    product = document.spec
    return Served(
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
