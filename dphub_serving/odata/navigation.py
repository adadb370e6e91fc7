"""Navigation properties in `$metadata`, as both of its writers have them (CSDL 4.01, section 8)."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from dphub_serving.odata.edm import EntitySet, EntityType, NavigationProperty


def xml(entity_type: EntityType) -> Iterator[ET.Element]:
    for each in entity_type.navigation:
        kind = f"Collection({each.type})" if each.collection else each.type
        element = ET.Element("NavigationProperty", {"Name": each.name, "Type": kind})
        if not each.collection:
            element.set("Nullable", str(each.nullable).lower())
        for left, right in _constraints(each):
            names = {"Property": left, "ReferencedProperty": right}
            ET.SubElement(element, "ReferentialConstraint", names)
        yield element


def xml_bindings(entity_set: EntitySet) -> Iterator[ET.Element]:
    for each in entity_set.type.navigation:
        named = {"Path": each.name, "Target": each.target}
        yield ET.Element("NavigationPropertyBinding", named)


def json(entity_type: EntityType) -> dict[str, Any]:
    return {each.name: _json(each) for each in entity_type.navigation}


def _json(each: NavigationProperty) -> dict[str, Any]:
    found: dict[str, Any] = {"$Kind": "NavigationProperty", "$Type": each.type}
    if each.collection:
        found["$Collection"] = True
    elif each.nullable:
        found["$Nullable"] = True
    if constraints := dict(_constraints(each)):
        found["$ReferentialConstraint"] = constraints
    return found


def json_bindings(entity_set: EntitySet) -> dict[str, Any]:
    bound = {each.name: each.target for each in entity_set.type.navigation}
    return {"$NavigationPropertyBinding": bound} if bound else {}


def _constraints(each: NavigationProperty) -> tuple[tuple[str, str], ...]:
    return each.keys if each.constrains else ()
