"""A service -> CSDL XML, which every client reads."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from dphub_serving.odata import capabilities, navigation
from dphub_serving.odata.annotations import (
    VOCABULARIES,
    VOCABULARY_URL,
    Annotations,
    Constant,
    Value,
)
from dphub_serving.odata.csdl import shape
from dphub_serving.odata.edm import EntityType, Path, Property, Service

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def write(service: Service, version: str = "4.0") -> bytes:
    root = ET.Element("edmx:Edmx", {"Version": version, "xmlns:edmx": _EDMX})
    for alias, namespace in VOCABULARIES.items():
        uri = VOCABULARY_URL.format(namespace, "xml")
        reference = ET.SubElement(root, "edmx:Reference", {"Uri": uri})
        ET.SubElement(reference, "edmx:Include", {"Namespace": namespace, "Alias": alias})
    services = ET.SubElement(root, "edmx:DataServices")
    for namespace, types in shape.schemas(service):
        schema = ET.SubElement(services, "Schema", {"Namespace": namespace, "xmlns": _EDM})
        for entity_type in types:
            schema.append(_entity_type(entity_type))
            schema.extend(_complex_types(entity_type))
        if namespace == service.namespace:
            schema.append(_container(service))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entity_type(entity_type: EntityType) -> ET.Element:
    element = ET.Element("EntityType", {"Name": entity_type.name})
    key = ET.SubElement(element, "Key")
    for name in entity_type.key:
        ET.SubElement(key, "PropertyRef", {"Name": name})
    for prop in entity_type.properties:
        element.append(_property(prop, entity_type, (prop.name,)))
    element.extend(navigation.xml(entity_type))
    element.extend(_annotations(capabilities.of_entity_type(entity_type)))
    return element


def _complex_types(entity_type: EntityType) -> Iterator[ET.Element]:
    for path, each in entity_type.complex_types.items():
        element = ET.Element("ComplexType", {"Name": each.name})
        for prop in each.properties:
            element.append(_property(prop, entity_type, (*path, prop.name)))
        yield element


def _property(prop: Property, entity_type: EntityType, path: Path) -> ET.Element:
    kind = shape.type_name(entity_type, path, prop.type)
    attributes = {
        "Name": prop.name,
        "Type": f"Collection({kind})" if prop.type.item else kind,
        "Nullable": _text(shape.nullable(prop, entity_type, path)),
        **{name: _text(value) for name, value in shape.facets(prop.type).items()},
    }
    element = ET.Element("Property", attributes)
    element.extend(_annotations(capabilities.of_property(prop)))
    return element


def _container(service: Service) -> ET.Element:
    container = ET.Element("EntityContainer", {"Name": service.container})
    for each in service.sets:
        attributes = {"Name": each.name, "EntityType": each.type.qualified_name}
        child = ET.SubElement(container, "EntitySet", attributes)
        child.extend(navigation.xml_bindings(each))
        child.extend(_annotations(capabilities.of_entity_set(each)))
    container.extend(_annotations(capabilities.of_container(service)))
    return container


def _annotations(annotations: Annotations) -> Iterator[ET.Element]:
    for term, value in annotations.items():
        yield _said(ET.Element("Annotation", {"Term": term}), value)


def _said(element: ET.Element, value: Value) -> ET.Element:
    """Constants as attributes, which old readers know; the rest as children."""
    if isinstance(value, bool | int | str | Constant):
        kind, text = _constant(value)
        element.set(kind, text)
    else:
        element.append(_expression(value))
    return element


def _expression(value: Value) -> ET.Element:
    match value:
        case tuple():
            collection = ET.Element("Collection")
            collection.extend(_expression(each) for each in value)
            return collection
        case bool() | int() | str() | Constant():
            kind, text = _constant(value)
            element = ET.Element(kind)
            element.text = text
            return element
        case _:
            record = ET.Element("Record")
            record.extend(
                _said(ET.Element("PropertyValue", {"Property": name}), each)
                for name, each in value.items()
            )
            return record


def _constant(value: bool | int | str | Constant) -> tuple[str, str]:
    match value:
        case Constant(kind, text):
            return kind, text
        case bool():
            return "Bool", _text(value)
        case int():
            return "Int", str(value)
        case str():
            return "String", shape.text(value)


def _text(value: int | bool) -> str:
    return str(value).lower()
