"""A service -> its metadata document: CSDL XML 4.0, which every client reads, CSDL JSON 4.01.

Facets are always written out: clients read the defaults of Scale and Nullable differently.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import capabilities, navigation
from dphub_serving.odata.capabilities import Annotations, AnnotationValue
from dphub_serving.odata.edm import EntityType, Path, Property, Service

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
# XML 1.0 cannot hold these, not even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml(service: Service) -> bytes:
    root = ET.Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    for alias, namespace in capabilities.VOCABULARIES.items():
        uri = capabilities.VOCABULARY_URL.format(namespace, "xml")
        reference = ET.SubElement(root, "edmx:Reference", {"Uri": uri})
        ET.SubElement(reference, "edmx:Include", {"Namespace": namespace, "Alias": alias})
    services = ET.SubElement(root, "edmx:DataServices")
    for namespace, types in _schemas(service):
        schema = ET.SubElement(services, "Schema", {"Namespace": namespace, "xmlns": _EDM})
        for entity_type in types:
            schema.append(_xml_type(entity_type))
            schema.extend(_xml_complex_types(entity_type))
        if namespace == service.namespace:
            schema.append(_xml_container(service))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def json_document(service: Service) -> bytes:
    document: dict[str, Any] = {
        "$Version": "4.01",
        "$EntityContainer": f"{service.namespace}.{service.container}",
        "$Reference": {
            capabilities.VOCABULARY_URL.format(namespace, "json"): {
                "$Include": [{"$Namespace": namespace, "$Alias": alias}]
            }
            for alias, namespace in capabilities.VOCABULARIES.items()
        },
    }
    for namespace, types in _schemas(service):
        schema = {each.name: _json_type(each) for each in types}
        for each in types:
            schema |= _json_complex_types(each)
        if namespace == service.namespace:
            schema[service.container] = _json_container(service)
        document[namespace] = schema
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _schemas(service: Service) -> Iterator[tuple[str, list[EntityType]]]:
    """Every namespace with its types; the one of the container is the last."""

    def place(entity_type: EntityType) -> tuple[bool, str]:
        return entity_type.namespace == service.namespace, entity_type.namespace

    seen = False
    for (own, namespace), types in groupby(sorted(service.types, key=place), key=place):
        seen = own
        yield namespace, list(types)
    if not seen:
        yield service.namespace, []


def _facets(prop: Property, entity_type: EntityType, path: Path) -> Mapping[str, int | bool]:
    """Key properties are never null (CSDL 4.01, section 6.5), whatever the column says; of a
    collection it is the items that may be."""
    nullable = prop.nullable and path not in {(name,) for name in entity_type.key}
    return {"Nullable": nullable or prop.type.item is not None, **prop.type.facets}


def _type_name(entity_type: EntityType, path: Path, kind: ColumnType) -> str:
    """Without the `Collection(...)` of a list."""
    inner = kind.item or kind
    if not inner.fields:
        return inner.edm
    return f"{entity_type.namespace}.{entity_type.complex_types[path].name}"


# XML


def _xml_type(entity_type: EntityType) -> ET.Element:
    element = ET.Element("EntityType", {"Name": entity_type.name})
    key = ET.SubElement(element, "Key")
    for name in entity_type.key:
        ET.SubElement(key, "PropertyRef", {"Name": name})
    for prop in entity_type.properties:
        element.append(_xml_property(prop, entity_type, (prop.name,)))
    element.extend(navigation.xml(entity_type))
    element.extend(_xml_annotations(capabilities.described(entity_type)))
    return element


def _xml_complex_types(entity_type: EntityType) -> Iterator[ET.Element]:
    for path, each in entity_type.complex_types.items():
        element = ET.Element("ComplexType", {"Name": each.name})
        for prop in each.properties:
            element.append(_xml_property(prop, entity_type, (*path, prop.name)))
        yield element


def _xml_property(prop: Property, entity_type: EntityType, path: Path) -> ET.Element:
    facets = {name: _text(value) for name, value in _facets(prop, entity_type, path).items()}
    kind = _type_name(entity_type, path, prop.type)
    named = f"Collection({kind})" if prop.type.item else kind
    element = ET.Element("Property", {"Name": prop.name, "Type": named, **facets})
    element.extend(_xml_annotations(capabilities.described(prop)))
    return element


def _xml_container(service: Service) -> ET.Element:
    container = ET.Element("EntityContainer", {"Name": service.container})
    for each in service.sets:
        attributes = {"Name": each.name, "EntityType": each.type.qualified_name}
        child = ET.SubElement(container, "EntitySet", attributes)
        child.extend(navigation.xml_bindings(each))
        child.extend(_xml_annotations(capabilities.of_entity_set(each)))
    container.extend(_xml_annotations(_of_container(service)))
    return container


def _of_container(service: Service) -> Annotations:
    text = {"Core.Description": service.description} if service.description else {}
    return {**text, **capabilities.OF_CONTAINER}


def _xml_annotations(annotations: Annotations) -> Iterator[ET.Element]:
    for term, value in annotations.items():
        yield _xml_annotation(term, value)


def _xml_annotation(term: str, value: AnnotationValue) -> ET.Element:
    element = ET.Element("Annotation", {"Term": term})
    match value:
        case bool():
            element.set("Bool", _text(value))
        case str():
            element.set("String", _NO_XML.sub("", value))
        case tuple():
            collection = ET.SubElement(element, "Collection")
            for item in value:
                ET.SubElement(collection, "String").text = item
        case _:
            record = ET.SubElement(element, "Record")
            record.extend(_xml_field(name, held) for name, held in value.items())
    return element


def _xml_field(name: str, held: bool | tuple[str, ...]) -> ET.Element:
    element = ET.Element("PropertyValue", {"Property": name})
    if isinstance(held, bool):
        element.set("Bool", _text(held))
        return element
    paths = ET.SubElement(element, "Collection")
    for path in held:
        ET.SubElement(paths, "PropertyPath").text = path
    return element


def _text(value: int | bool) -> str:
    return str(value).lower()


# JSON


def _json_type(entity_type: EntityType) -> dict[str, Any]:
    properties = {
        prop.name: _json_property(prop, entity_type, (prop.name,))
        for prop in entity_type.properties
    }
    return {
        "$Kind": "EntityType",
        "$Key": list(entity_type.key),
        **properties,
        **navigation.json(entity_type),
        **_json_annotations(capabilities.described(entity_type)),
    }


def _json_complex_types(entity_type: EntityType) -> dict[str, Any]:
    return {
        each.name: {
            "$Kind": "ComplexType",
            **{
                prop.name: _json_property(prop, entity_type, (*path, prop.name))
                for prop in each.properties
            },
        }
        for path, each in entity_type.complex_types.items()
    }


def _json_property(prop: Property, entity_type: EntityType, path: Path) -> dict[str, Any]:
    facets = {f"${name}": value for name, value in _facets(prop, entity_type, path).items()}
    return {
        **({"$Collection": True} if prop.type.item else {}),
        "$Type": _type_name(entity_type, path, prop.type),
        **facets,
        **_json_annotations(capabilities.described(prop)),
    }


def _json_container(service: Service) -> dict[str, Any]:
    sets = {
        each.name: {
            "$Collection": True,
            "$Type": each.type.qualified_name,
            **navigation.json_bindings(each),
            **_json_annotations(capabilities.of_entity_set(each)),
        }
        for each in service.sets
    }
    return {"$Kind": "EntityContainer", **sets, **_json_annotations(_of_container(service))}


def _json_annotations(annotations: Annotations) -> dict[str, AnnotationValue]:
    return {f"@{term}": value for term, value in annotations.items()}
