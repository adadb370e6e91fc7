"""Which options a resource has: OData URL Conventions 4.01, section 5.1.

The standard's /$count ignores paging and order instead of refusing them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dphub_serving.odata.errors import InvalidOption, NotImplementedByService
from dphub_serving.odata.options import SUPPORTED, Options
from dphub_serving.odata.resources import (
    Batch,
    Collection,
    Count,
    Entity,
    EntityById,
    Member,
    Metadata,
    Resource,
    ResourcePath,
    ServiceDocument,
    Way,
)

_EVERYWHERE = frozenset({"format", "schemaversion"})
_PAGED = frozenset({"top", "skip", "orderby"})
_ROWS = frozenset({"filter", "search"})
_SHAPED = frozenset({"select", "expand", "compute"})
# What the standard has for values inside an entity, and this service has not.
_MISSING_INSIDE = _ROWS | _SHAPED | {"orderby"}
_OF_COLLECTION = SUPPORTED - {"id"}


def check(options: Options, resource: Resource | ResourcePath) -> None:
    """Raises InvalidOption, NotImplementedByService."""
    known = _KNOWN[type(resource)](resource)
    for name in sorted(options.given - known):
        raise InvalidOption(f"${name} has no meaning for this resource", target=f"${name}")
    if isinstance(resource, EntityById) and options.id is None:
        raise InvalidOption("$entity needs the $id of an entity", target="$id")
    if isinstance(resource, Member):
        for name in sorted(options.given & _MISSING_INSIDE):
            raise NotImplementedByService(f"${name} of a property", target=f"${name}")


def _of_collection(collection: Collection) -> frozenset[str]:
    return _OF_COLLECTION - _SHAPED if collection.references else _OF_COLLECTION


def _of_count(count: Count) -> frozenset[str]:
    conditions = _ROWS - {"filter"} if count.of.filters else _ROWS
    return _PAGED | conditions | {"compute", "schemaversion"}


def _of_entity(entity: Entity) -> frozenset[str]:
    return _EVERYWHERE if entity.reference else _EVERYWHERE | _SHAPED


def _of_id(path: EntityById) -> frozenset[str]:
    return _EVERYWHERE | {"id"} | (_SHAPED if path.type else frozenset())


def _of_member(member: Member) -> frozenset[str]:
    if member.part == "size":
        return _ROWS | {"schemaversion"}
    if member.part == "value" and member.type.item:
        return _EVERYWHERE | _PAGED | _ROWS | {"count"} | _SHAPED
    return _EVERYWHERE | (_SHAPED if member.type.fields else frozenset())


def _of_way(way: Way) -> frozenset[str]:
    if way.part == "count":
        return _PAGED | _ROWS | {"compute", "schemaversion"}
    return _OF_COLLECTION - _SHAPED if way.part == "ref" else _OF_COLLECTION


def _everywhere(_: object) -> frozenset[str]:
    return _EVERYWHERE


_KNOWN: Mapping[type, Callable[[Any], frozenset[str]]] = {
    ServiceDocument: _everywhere,
    Metadata: _everywhere,
    Batch: _everywhere,
    EntityById: _of_id,
    Collection: _of_collection,
    Count: _of_count,
    Entity: _of_entity,
    Member: _of_member,
    Way: _of_way,
}
