"""A service -> CSDL JSON 4.01, with defaults left out as the standard's own converter does."""

import json
from typing import Any

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


def write(service: Service) -> bytes:
    document: dict[str, Any] = {
        "$Version": "4.01",
        "$EntityContainer": f"{service.namespace}.{service.container}",
        "$Reference": {
            VOCABULARY_URL.format(namespace, "json"): {
                "$Include": [{"$Namespace": namespace, "$Alias": alias}]
            }
            for alias, namespace in VOCABULARIES.items()
        },
    }
    for namespace, types in shape.schemas(service):
        schema = {each.name: _entity_type(each) for each in types}
        for each in types:
            schema |= _complex_types(each)
        if namespace == service.namespace:
            schema[service.container] = _container(service)
        document[namespace] = schema
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _entity_type(entity_type: EntityType) -> dict[str, Any]:
    properties = {
        prop.name: _property(prop, entity_type, (prop.name,)) for prop in entity_type.properties
    }
    return {
        "$Kind": "EntityType",
        "$Key": list(entity_type.key),
        **properties,
        **navigation.json(entity_type),
        **_annotations(capabilities.of_entity_type(entity_type)),
    }


def _complex_types(entity_type: EntityType) -> dict[str, Any]:
    return {
        each.name: {
            "$Kind": "ComplexType",
            **{
                prop.name: _property(prop, entity_type, (*path, prop.name))
                for prop in each.properties
            },
        }
        for path, each in entity_type.complex_types.items()
    }


def _property(prop: Property, entity_type: EntityType, path: Path) -> dict[str, Any]:
    kind = shape.type_name(entity_type, path, prop.type)
    return {
        **({"$Collection": True} if prop.type.item else {}),
        **({"$Type": kind} if kind != "Edm.String" else {}),
        **({"$Nullable": True} if shape.nullable(prop, entity_type, path) else {}),
        **{f"${name}": value for name, value in shape.facets(prop.type).items()},
        **_annotations(capabilities.of_property(prop)),
    }


def _container(service: Service) -> dict[str, Any]:
    sets = {
        each.name: {
            "$Collection": True,
            "$Type": each.type.qualified_name,
            **navigation.json_bindings(each),
            **_annotations(capabilities.of_entity_set(each)),
        }
        for each in service.sets
    }
    said = _annotations(capabilities.of_container(service))
    return {"$Kind": "EntityContainer", **sets, **said}


def _annotations(annotations: Annotations) -> dict[str, Any]:
    return {f"@{term}": _plain(value) for term, value in annotations.items()}


def _plain(value: Value) -> Any:
    match value:
        case Constant():
            return value.plain()
        case tuple():
            return [_plain(each) for each in value]
        case str():
            return shape.text(value)
        case bool() | int():
            return value
        case _:
            return {name: _plain(each) for name, each in value.items()}
