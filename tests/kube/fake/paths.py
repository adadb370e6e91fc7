"""Leaf paths of an object, as managed fields name them: `f:spec`, `k:{"type":"Ready"}`."""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tests.kube.fake.kinds import Kind
from tests.kube.fake.refusal import Doc

Path = tuple[str, ...]

MISSING = object()
# Lists of the built-in kinds whose items are owned one by one; the others are owned whole.
KEYED = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ownerReferences": ("uid",),
    "ports": ("port", "protocol"),
    "volumes": ("name",),
}
SYSTEM = {
    "name", "namespace", "generateName", "uid", "resourceVersion", "generation",
    "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink",
}  # fmt: skip


def leaves(document: Doc, kind: Kind) -> dict[Path, Any]:
    """Of all that a manager may own."""
    owned = {name: value for name, value in document.items() if name not in ("apiVersion", "kind")}
    metadata = owned.get("metadata", {})
    owned["metadata"] = {name: each for name, each in metadata.items() if name not in SYSTEM}
    return dict(_leaves((), "", owned, kind.schema))


def _leaves(path: Path, field: str, value: Any, schema: Doc) -> Iterator[tuple[Path, Any]]:
    keys = _keys(field, schema, path)
    if isinstance(value, dict) and value and schema.get("x-kubernetes-map-type") != "atomic":
        for name, each in value.items():
            rest = schema.get("additionalProperties")
            child = schema.get("properties", {}).get(name, rest if isinstance(rest, dict) else {})
            yield from _leaves((*path, f"f:{name}"), name, each, child)
    elif isinstance(value, list) and value and keys:
        for item in value:
            key = {name: item[name] for name in keys if name in item}
            element = "k:" + json.dumps(key, separators=(",", ":"), sort_keys=True)
            yield from _leaves((*path, element), "", item, schema.get("items", {}))
    elif path != ("f:metadata",):
        yield path, value


def _keys(field: str, schema: Doc, path: Path) -> tuple[str, ...]:
    if schema and path[:1] != ("f:metadata",):
        return tuple(schema.get("x-kubernetes-list-map-keys", ()))
    return KEYED.get(field, ())


def found(document: Doc, path: Path) -> Any:
    here: Any = document
    for element in path:
        here = _step(here, element)
        if here is MISSING:
            return MISSING
    return here


def put(document: Doc, path: Path, value: Any) -> None:
    here: Any = document
    for element, following in pairwise(path):
        below = _step(here, element)
        if not isinstance(below, dict | list):
            below = [] if following.startswith("k:") else {}
            _set(here, element, below)
        here = below
    _set(here, path[-1], value)


def drop(document: Doc, gone: Iterable[Path]) -> None:
    """With what becomes empty by it."""
    # All are looked up first: an item of a list is found by fields that may have to go.
    for chain in [_chain(document, path) for path in gone]:
        for depth, (container, element, value) in enumerate(reversed(chain)):
            if depth and value:
                break
            if isinstance(container, list):
                container[:] = [item for item in container if item is not value]
            else:
                container.pop(element[2:], None)


def _chain(document: Doc, path: Path) -> list[tuple[Any, str, Any]]:
    """Each container on the way, with what it holds there; empty if the path leads nowhere."""
    here: Any = document
    chain = []
    for element in path:
        below = _step(here, element)
        if below is MISSING:
            return []
        chain.append((here, element, below))
        here = below
    return chain


def _step(here: Any, element: str) -> Any:
    if element.startswith("f:"):
        return here.get(element[2:], MISSING) if isinstance(here, dict) else MISSING
    key = json.loads(element[2:])
    items = here if isinstance(here, list) else []
    return next((item for item in items if key.items() <= item.items()), MISSING)


def _set(here: Any, element: str, value: Any) -> None:
    if element.startswith("f:"):
        here[element[2:]] = value
    else:
        here.append(value)
        value.update(json.loads(element[2:]))
