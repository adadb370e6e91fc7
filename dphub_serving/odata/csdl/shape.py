"""What both forms of CSDL share: schemas, the names of types, facets."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata.edm import EntityType, Path, Property, Service

# XML 1.0 cannot hold these, not even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def schemas(service: Service) -> Iterator[tuple[str, list[EntityType]]]:
    """Every namespace with its types; the one of the container is the last."""

    def place(entity_type: EntityType) -> tuple[bool, str]:
        return entity_type.namespace == service.namespace, entity_type.namespace

    seen = False
    for (own, namespace), types in groupby(sorted(service.types, key=place), key=place):
        seen = own
        yield namespace, list(types)
    if not seen:
        yield service.namespace, []


def nullable(prop: Property, entity_type: EntityType, path: Path) -> bool:
    """Key properties are never null (CSDL 4.01, section 6.5), whatever the column says; of a
    collection it is the items that may be."""
    of_key = path in {(name,) for name in entity_type.key}
    return (prop.nullable and not of_key) or prop.type.item is not None


def facets(kind: ColumnType) -> Mapping[str, int]:
    """Always written out: readers differ in what they take for the default of Scale."""
    return kind.facets


def type_name(entity_type: EntityType, path: Path, kind: ColumnType) -> str:
    """Without the `Collection(...)` of a list."""
    inner = kind.item or kind
    if not inner.fields:
        return inner.edm
    return f"{entity_type.namespace}.{entity_type.complex_types[path].name}"


def text(said: str) -> str:
    """What both forms can hold of a text."""
    return _NO_XML.sub("", said)
