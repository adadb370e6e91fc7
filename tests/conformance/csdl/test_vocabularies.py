"""Every annotation against the vocabularies: is there such a term, here, with such a value?"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from dphub_serving.odata.annotations import VOCABULARIES
from dphub_serving.odata.csdl import json as csdl_json
from tests.conformance.csdl.documents import SERVICES
from tests.node import programs

pytestmark = programs.needed
READ = """
const found = {};
const folder = '@sap-ux/odata-vocabularies/dist/resources/';
for (const name of process.argv.slice(1)) found[name] = require(folder + name).default[name];
console.log(JSON.stringify(found));
"""
PRIMITIVES: Mapping[str, type | tuple[type, ...]] = {
    "Edm.Boolean": bool,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Decimal": (int, float),
    "Edm.PrimitiveType": (bool, int, float, str),
}


@cache
def vocabularies() -> dict[str, Any]:
    found: dict[str, Any] = programs.run(READ, *VOCABULARIES.values())
    return found


def targets(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that carries annotations, with the name that AppliesTo has for it."""
    for schema in document.values():
        if not isinstance(schema, dict):
            continue
        for element in schema.values():
            if not isinstance(element, dict) or "$Kind" not in element:
                continue
            yield element["$Kind"], element
            inner = "EntitySet" if element["$Kind"] == "EntityContainer" else "Property"
            for name, child in element.items():
                if not name.startswith(("$", "@")):
                    yield inner, child


def said() -> Iterator[tuple[str, str, Any]]:
    for service in SERVICES.values():
        for kind, element in targets(json.loads(csdl_json.write(service))):
            for name, value in element.items():
                if name.startswith("@"):
                    yield kind, name[1:], value


def fields(name: str) -> dict[str, Any]:
    """Of a complex type, with those of its bases."""
    found: dict[str, Any] = definition(name)
    base = found.get("$BaseType")
    return {**(fields(base) if base else {}), **found}


def definition(name: str) -> Any:
    namespace, _, local = name.rpartition(".")
    return vocabularies()[namespace][local]


def holds(declared: Mapping[str, Any], value: Any) -> bool:
    if declared.get("$Collection"):
        one = {**declared, "$Collection": False}
        return isinstance(value, list) and all(holds(one, each) for each in value)
    kind = declared.get("$Type", "Edm.String")
    if kind.startswith("Edm."):
        wanted = PRIMITIVES.get(kind, str)
        return isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool))
    type_ = definition(kind)
    match type_["$Kind"]:
        case "TypeDefinition":
            return holds({"$Type": type_["$UnderlyingType"]}, value)
        case "EnumType":
            return isinstance(value, str) and all(member in type_ for member in value.split(","))
        case _:
            known = fields(kind)
            return all(name in known and holds(known[name], each) for name, each in value.items())


def test_every_annotation_is_a_term_with_its_type_in_its_place() -> None:
    seen = list(said())
    assert len({term for _, term, _ in seen}) > 20
    for kind, term, value in seen:
        alias, _, local = term.partition(".")
        declared = vocabularies()[VOCABULARIES[alias]][local]
        assert kind in declared.get("$AppliesTo", [kind]), term
        assert holds(declared, value), (term, value)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("Capabilities.TopSupported", "yes"),
        ("Capabilities.FilterRestrictions", {"Filterabel": True}),
        ("Capabilities.SearchRestrictions", {"UnsupportedExpressions": "XOR"}),
        ("Capabilities.SupportedFormats", "application/json"),
        ("Validation.AllowedValues", [1, 2]),
    ],
)
def test_a_wrong_value_is_seen(term: str, value: object) -> None:
    alias, _, local = term.partition(".")
    declared = vocabularies()[VOCABULARIES[alias]][local]
    try:
        held = holds(declared, value)
    except AttributeError:  # no record
        held = False
    assert not held
