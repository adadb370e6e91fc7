"""What a CRD's schema does to a custom resource: defaults, pruning, refusals. No CEL."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.kube.fake.refusal import Doc

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
BOUNDS: tuple[tuple[str, type | tuple[type, ...], Callable[[Any, Any], bool], str], ...] = (
    (
        "minimum",
        (int, float),
        lambda value, least: value < least,
        "should be greater than or equal to {}",
    ),
    (
        "maximum",
        (int, float),
        lambda value, most: value > most,
        "should be less than or equal to {}",
    ),
    ("pattern", str, lambda value, pattern: not re.search(pattern, value), "should match '{}'"),
    ("minLength", str, lambda value, least: len(value) < least, "should be at least {} chars long"),
    ("maxLength", str, lambda value, most: len(value) > most, "should be at most {} chars long"),
    ("minItems", list, lambda value, least: len(value) < least, "should have at least {} items"),
    ("maxItems", list, lambda value, most: len(value) > most, "should have at most {} items"),
)


def completed(value: Any, schema: Doc) -> Any:
    """With defaults, without what the schema does not know."""
    if isinstance(value, list):
        return [completed(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    if not properties and isinstance(rest, dict):
        return {name: completed(each, rest) for name, each in value.items()}
    known = {name: each for name, each in value.items() if name in properties}
    for name, child in properties.items():
        if known.get(name) is None and name in known:
            del known[name]
        if name not in known and "default" in child:
            known[name] = child["default"]
    return {name: completed(each, properties[name]) for name, each in known.items()}


def faults(value: Any, schema: Doc, path: str) -> list[tuple[str, str]]:
    """Field and message of everything that is wrong."""
    wanted = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        return []
    if wanted and not _is(value, wanted):
        found = next((name for name, kind in TYPES.items() if _is(value, name)), "null")
        return [(path, f'Invalid value: "{found}": {path} must be of type {wanted}: "{found}"')]
    here = [(path, message) for message in _messages(value, schema, path)]
    if isinstance(value, dict):
        here += [
            (f"{path}.{name}", "Required value")
            for name in schema.get("required", ())
            if name not in value
        ]
        rest = schema.get("additionalProperties")
        for name, each in value.items():
            child = schema.get("properties", {}).get(name, rest if isinstance(rest, dict) else {})
            here += faults(each, child, f"{path}.{name}" if path else name)
    if isinstance(value, list):
        for index, each in enumerate(value):
            here += faults(each, schema.get("items", {}), f"{path}[{index}]")
        here += _twice(value, schema, path)
    return here


def _is(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, TYPES[wanted])


def _messages(value: Any, schema: Doc, path: str) -> list[str]:
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(json.dumps(each) for each in schema["enum"])
        return [f"Unsupported value: {json.dumps(value)}: supported values: {allowed}"]
    return [
        f"Invalid value: {json.dumps(value)}: {path} in body {text.format(schema[word])}"
        for word, kind, broken, text in BOUNDS
        if word in schema and isinstance(value, kind) and broken(value, schema[word])
    ]


def _twice(value: list[Any], schema: Doc, path: str) -> list[tuple[str, str]]:
    keys = schema.get("x-kubernetes-list-map-keys")
    if not keys:
        return []
    seen = [tuple(item.get(key) for key in keys) for item in value]
    return [
        (f"{path}[{index}]", f"Duplicate value: {each}")
        for index, each in enumerate(seen)
        if each in seen[:index]
    ]
