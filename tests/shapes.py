"""Products that the schema of the CRD does not take, one for each of its demands."""

from collections.abc import Iterator
from typing import Any

from dphub_k8s.crd import document
from dphub_k8s.crd.schema import Schema
from tests.factories import DROPPED, changed, product
from tests.refusals import Document, way

# Every field that holds others; too much to be a product, since one field excludes another.
FULL = product(
    "full",
    sources={
        "a": {
            "path": "a.csv",
            "options": {"delimiter": ";"},
            "rename": {"x": "y"},
            "publish": {"entitySet": "Raw", "key": "item"},
        },
        "b": {"product": "others"},
        "c": {"path": "c"},
    },
    joins=[
        {"left": "a", "right": "b", "on": ["item"]},
        {"left": "a", "right": "c", "keys": [{"left": "item", "right": "id"}]},
    ],
    quality=[
        {
            "metric": "invalidValues",
            "columns": ["item"],
            "arguments": {"validValues": ["a"]},
            "mustBeBetween": [1, 2],
            "mustNotBeBetween": [1, 2],
        }
    ],
    columns={"item": {"type": "string"}},
    api={"path": "/full"},
    refresh={"cron": "0 6 * * *"},
    odata={"filterable": ["item"], "orderable": ["item"]},
    tags=["a"],
)
FULL["spec"]["entity"]["sort"] = ["item"]
FULL["spec"]["entity"]["navigation"] = [way()]
# Where FULL has what excludes another field of the first.
ELSEWHERE = {".joins.0.keys": ".joins.1.keys", ".sources.a.product": ".sources.b.product"}
# A text that the pattern at a place does not take.
UNLIKE = {
    "metadata.name": "My Orders",
    "spec.domain": "a/b",
    "spec.catalog": " ",
    "spec.api.path": "orders",
    "spec.api.resource": "1x",
    "spec.backend.sources.a.path": "a\u200bb",
    "spec.backend.sources.a.product": "My Orders",
    "spec.entity.name": "My Order",
    "spec.entity.columns.0.name": "a b",
    "spec.entity.columns.0.source": "item",
    "spec.entity.navigation.0.name": "a b",
    "spec.entity.navigation.0.target": "others/",
    "spec.backend.sources.a.publish.entitySet": "1x",
    "spec.backend.sources.a.publish.key": "a b",
}
# Keywords of the schema that `shapes` breaks, and those that refuse nothing.
BROKEN = {
    *("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "required"),
    "x-kubernetes-list-type",
}
TELLING = {
    *("description", "default", "format", "properties", "items", "additionalProperties"),
    *("x-kubernetes-validations", "x-kubernetes-list-map-keys"),
    "x-kubernetes-preserve-unknown-fields",
}
WRONG_TYPES = {
    "string": 5,
    "boolean": "yes",
    "integer": "5",
    "number": "5",
    "array": "x",
    "object": "x",
}


def schema() -> Schema:
    found: Schema = document.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def shapes() -> Iterator[tuple[str, Document]]:
    """(field, document) for every demand of the schema: FULL with that one field made wrong."""
    root = schema()
    for name in ("metadata", "spec"):
        for place, value in _wrong(root["properties"][name], name):
            if name == "metadata" and place == name:
                continue
            there = _elsewhere(place)
            yield _said(there), changed(FULL, there, value)


def _wrong(schema: Schema, place: str) -> Iterator[tuple[str, Any]]:
    if "type" in schema and place != "spec":
        yield place, WRONG_TYPES[schema["type"]]
    if "enum" in schema:
        yield place, "neither"
    if "pattern" in schema:
        yield place, UNLIKE[place]
    if "maxLength" in schema:
        yield place, "a" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield place, ""
    if "minimum" in schema:
        yield place, schema["minimum"] - 1
    if "maximum" in schema:
        yield place, schema["maximum"] + 1
    yield from _wrong_items(schema, place)
    for name in schema.get("required", ()):
        yield f"{place}.{name}", DROPPED
    for name, inner in schema.get("properties", {}).items():
        if name != "true":
            yield from _wrong(inner, f"{place}.{name}")


def _wrong_items(schema: Schema, place: str) -> Iterator[tuple[str, Any]]:
    if "items" in schema:
        one = _one(place)
        if "maxItems" in schema:
            yield place, [one] * (schema["maxItems"] + 1)
        if schema.get("minItems"):
            yield place, []
        if "x-kubernetes-list-type" in schema:
            there = _at(_elsewhere(place))
            yield f"{place}.{len(there)}", there[0]
        yield from _wrong(schema["items"], f"{place}.0")
    if "additionalProperties" in schema:
        if "maxProperties" in schema:
            some = _one(place)
            yield place, {f"a{number}": some for number in range(schema["maxProperties"] + 1)}
        if schema.get("minProperties"):
            yield place, {}
        name = "x" if place.endswith("rename") else "a"
        yield from _wrong(schema["additionalProperties"], f"{place}.{name}")
    elif schema.get("minProperties"):
        yield place, {}


def _elsewhere(place: str) -> str:
    for first, other in ELSEWHERE.items():
        place = place.replace(first, other)
    return place


def _one(place: str) -> Any:
    """What FULL has as the first of a list or mapping."""
    found = _at(_elsewhere(place))
    return next(iter(found.values() if isinstance(found, dict) else found))


def _at(place: str) -> Any:
    found: Any = FULL
    for step in place.split("."):
        found = found[int(step)] if isinstance(found, list) else found.get(step, [{}, {}])
    return found


def _said(place: str) -> str:
    """spec.tags.0 is spec.tags[0] to a person."""
    steps = place.split(".")
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps).lstrip(".")
