"""The published sources of a snapshot as entity sets, beside the product's own."""

from collections.abc import Iterator
from dataclasses import replace

from dphub_k8s.api.navigation import leads
from dphub_k8s.api.snapshot import PublishedSet
from dphub_k8s.api.types import ColumnType
from dphub_serving.odata.edm import EntitySet, EntityType, Property


def entity_sets(
    own: EntityType, published: tuple[PublishedSet, ...]
) -> Iterator[tuple[PublishedSet, EntitySet]]:
    """Each with its set, whose type has a name of its own in the namespace of the product."""
    taken = type_names(own)
    for each in published:
        found = renamed(_entity_type(own.namespace, each), taken)
        taken |= type_names(found)
        yield each, EntitySet(each.entity_set, found)


def _entity_type(namespace: str, published: PublishedSet) -> EntityType:
    key = published.key
    properties = tuple(
        Property(column.name, column.kind, nullable=column.name != key)
        for column in published.columns
    )
    return EntityType(namespace, published.entity_set, (key,), properties)


def type_names(entity_type: EntityType) -> set[str]:
    """What the type takes of its namespace, in lower case."""
    inside = (each.name for each in entity_type.complex_types.values())
    return {entity_type.name.lower(), *(name.lower() for name in inside)}


def renamed(entity_type: EntityType, taken: set[str]) -> EntityType:
    """Under a name that leaves what is taken to the others."""
    found = entity_type
    while type_names(found) & taken:
        found = replace(found, name=f"{found.name}_")
    return found


def leading(published: PublishedSet) -> dict[str, ColumnType]:
    return {column.name: column.kind for column in published.columns if leads(column.kind)}
