"""A service -> its OpenAPI 3.1 document: the requests that `$metadata` allows, no others."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import capabilities
from dphub_serving.odata.annotations import Annotations
from dphub_serving.odata.batch import openapi as batch
from dphub_serving.odata.edm import (
    EntitySet,
    EntityType,
    NavigationProperty,
    Path,
    Property,
    Service,
)

NAME = "openapi.json"
_NUMBER = {
    "anyOf": [{"type": "number"}, {"type": "string", "enum": ["-INF", "INF", "NaN"]}],
}
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "Edm.String": {"type": "string"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.SByte": {"type": "integer", "minimum": -(2**7), "maximum": 2**7 - 1},
    "Edm.Byte": {"type": "integer", "minimum": 0, "maximum": 2**8 - 1},
    "Edm.Int16": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    "Edm.Int32": {"type": "integer", "format": "int32"},
    "Edm.Int64": {"type": "integer", "format": "int64"},
    "Edm.Decimal": {"type": "number", "format": "decimal"},
    "Edm.Double": _NUMBER,
    "Edm.Single": _NUMBER,
    "Edm.Date": {"type": "string", "format": "date"},
    "Edm.TimeOfDay": {"type": "string", "format": "time"},
    "Edm.DateTimeOffset": {"type": "string", "format": "date-time"},
    "Edm.Guid": {"type": "string", "format": "uuid"},
    "Edm.Binary": {"type": "string", "format": "base64url"},
}
# How a key is written between parentheses, where it is not as in JSON.
_KEYS = {"Edm.String": "'{{{}}}'", "Edm.Binary": "binary'{{{}}}'"}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "target": {"type": "string"},
            },
        }
    },
}
_REFUSED = {
    "description": "What was wrong, and where",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}},
}


def write(service: Service, root: str, title: str, version: str) -> bytes:
    """`root` is where the service is for the client, with its slash."""
    sets = {path: item for each in service.sets for path, item in _paths(each)}
    if service.sets:
        sets[batch.PATH] = batch.item(service.sets[0].name, _REFUSED)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            **({"description": service.description} if service.description else {}),
        },
        "servers": [{"url": root.removesuffix("/")}],
        "tags": [{"name": each.name} for each in service.sets],
        "paths": {**_OF_SERVICE, **sets},
        "components": {"schemas": {"error": _ERROR, **dict(_schemas(service))}},
    }
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")


def _read(
    name: str, summary: str, content: Mapping[str, Any], *parameters: Any, **more: Any
) -> dict[str, Any]:
    """`name` is what generated clients call the operation."""
    responses = {
        "200": {"description": summary, "content": content},
        "304": {"description": "It is still what If-None-Match names"},
        "default": _REFUSED,
    }
    said = {"operationId": name, "summary": summary, "parameters": parameters}
    return {"get": {**said, "responses": responses, **more}}


def _object(**properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"application/json": {"schema": schema}}


def _query(name: str, schema: Mapping[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description, **more}


_LINK = {"type": "string", "format": "uri-reference"}
_ENTRY = {"type": "object", "properties": {"name": {"type": "string"}, "url": _LINK}}
_OF_SERVICE = {
    "/": _read(
        "service",
        "The entity sets",
        _object(**{"@odata.context": _LINK}, value={"type": "array", "items": _ENTRY}),
    ),
    "/$metadata": _read(
        "metadata",
        "The model",
        {"application/xml": {}, "application/json": {}},
        _query("$format", {"type": "string", "enum": ["xml", "json"]}, "Of the document"),
    ),
}


_OF_ENTITY = ("$select", "$expand", "$compute")


def _paths(entity_set: EntitySet) -> Iterator[tuple[str, dict[str, Any]]]:
    own, tagged = entity_set.type, {"tags": [entity_set.name]}
    entity = {"$ref": _reference(own.qualified_name)}
    page = _object(
        **{"@odata.context": _LINK, "@odata.nextLink": _LINK, "@odata.count": {"type": "integer"}},
        value={"type": "array", "items": entity},
    )
    said = capabilities.of_entity_set(entity_set)
    all_options = dict(_options(own, said))
    of_count = [all_options[name] for name in ("$filter", "$search") if name in all_options]
    of_entity = [all_options[name] for name in _OF_ENTITY if name in all_options]
    count = {"text/plain": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    name = entity_set.name
    yield (
        f"/{name}",
        _read(f"list_{name}", f"Rows of {name}", page, *all_options.values(), **tagged),
    )
    yield (
        f"/{name}/$count",
        _read(f"count_{name}", f"How many {name} there are", count, *of_count, **tagged),
    )
    of_key = [
        {"name": key.name, "in": "path", "required": True, "schema": _SCHEMAS[key.type.edm]}
        for key in own.key_properties
    ]
    one = {"application/json": {"schema": entity}}
    yield (
        f"/{name}({_key(own)})",
        _read(f"get_{name}", f"One of {name}", one, *of_key, *of_entity, **tagged),
    )


def _key(entity_type: EntityType) -> str:
    values = [
        (key.name, _KEYS.get(key.type.edm, "{{{}}}").format(key.name))
        for key in entity_type.key_properties
    ]
    if len(values) == 1:
        return values[0][1]
    return ",".join(f"{name}={value}" for name, value in values)


def _options(entity_type: EntityType, said: Annotations) -> Iterator[tuple[str, dict[str, Any]]]:
    names = [prop.name for prop in entity_type.properties]
    orders = [
        f"{prop.name}{suffix}"
        for prop in entity_type.properties
        if prop.orderable and not prop.type.is_nested
        for suffix in ("", " desc")
    ]
    whole, text = {"type": "integer", "minimum": 0}, {"type": "string"}
    offered: list[tuple[bool, str, Mapping[str, Any], str]] = [
        (True, "$top", whole, "At most so many rows"),
        (True, "$skip", whole, "Without the first ones"),
        (True, "$count", {"type": "boolean"}, "Count all that match"),
        (_can(said, "FilterRestrictions", "Filterable"), "$filter", text, "A condition"),
        (_can(said, "SortRestrictions", "Sortable"), "$orderby", _list(orders), "An order"),
        (True, "$select", _list(names), "These properties alone"),
        (_can(said, "SearchRestrictions", "Searchable"), "$search", text, "Words"),
        (_can(said, "ExpandRestrictions", "Expandable"), "$expand", text, "Related entities"),
        (said.get("Capabilities.ComputeSupported") is True, "$compute", text, "More properties"),
    ]
    for is_offered, name, schema, description in offered:
        if is_offered:
            spread = {"style": "form", "explode": False} if schema["type"] == "array" else {}
            yield name, _query(name, schema, description, **spread)


def _list(values: list[str]) -> dict[str, Any]:
    return {"type": "array", "uniqueItems": True, "items": {"type": "string", "enum": values}}


def _can(said: Annotations, term: str, field: str) -> bool:
    record = said.get(f"Capabilities.{term}")
    return isinstance(record, Mapping) and record.get(field) is True


def _schemas(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    for entity_type in service.types:
        own = _record(entity_type, (), entity_type.properties)
        own["properties"] |= {each.name: _related(each) for each in entity_type.navigation}
        yield _component(entity_type.qualified_name), own
        for path, each in entity_type.complex_types.items():
            yield (
                _component(f"{entity_type.namespace}.{each.name}"),
                _record(entity_type, path, each.properties),
            )


def _related(way: NavigationProperty) -> dict[str, Any]:
    """What `$expand` brings along; without, it is not there."""
    target = {"$ref": _reference(way.type)}
    if way.collection:
        return {"type": "array", "items": target}
    return {"anyOf": [target, {"type": "null"}]}


def _record(
    entity_type: EntityType, path: Path, properties: tuple[Property, ...]
) -> dict[str, Any]:
    found = {
        prop.name: {
            **_schema(entity_type, (*path, prop.name), prop.type, nullable=prop.nullable),
            **({"description": prop.description} if prop.description else {}),
        }
        for prop in properties
    }
    return {"type": "object", "properties": found}


def _schema(
    entity_type: EntityType, path: Path, kind: ColumnType, *, nullable: bool
) -> dict[str, Any]:
    if kind.item:
        items = _schema(entity_type, path, kind.item, nullable=True)
        return {"type": "array", "items": items}
    if kind.fields:
        name = f"{entity_type.namespace}.{entity_type.complex_types[path].name}"
        schema: dict[str, Any] = {"$ref": _reference(name)}
    else:
        schema = {**_SCHEMAS[kind.edm]}
    if not nullable:
        return schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}


def _reference(name: str) -> str:
    return f"#/components/schemas/{_component(name)}"


def _component(name: str) -> str:
    """OpenAPI knows no letters but those of ASCII there; a hyphen is in no name of OData."""
    return re.sub(r"[^\w.]", lambda found: f"-{ord(found[0]):x}-", name, flags=re.ASCII)
