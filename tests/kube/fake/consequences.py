"""What the controllers of a cluster do about a write: garbage collection, namespaces, CRDs."""

import json

from tests.kube.fake.kinds import CRD, NAMESPACE, Kind, installed
from tests.kube.fake.refusal import Doc
from tests.kube.fake.state import Key, Record, State, now


def written(state: State, kind: Kind, key: Key, record: Record) -> Record:
    """The record as it is afterwards."""
    if kind is CRD:
        return _install(state, key, record)
    if kind is NAMESPACE and "status" not in record.document:
        active = {**record.document, "status": {"phase": "Active"}}
        return state.keep(kind, key, Record(active, record.owners))
    if _orphaned(state, record.document):
        removed(state, kind, state.remove(kind, key))
    return record


def removed(state: State, kind: Kind, gone: Record) -> None:
    metadata = gone.document["metadata"]
    if kind is CRD:
        for served in installed(gone.document):
            _remove_all(state, served, None)
            state.kinds.pop((served.group, served.version, served.plural), None)
    if kind is NAMESPACE:
        for other in list(state.kinds.values()):
            if other.namespaced:
                _remove_all(state, other, metadata["name"])
    for uid in state.dependents.pop(metadata["uid"], ()):
        if uid in state.places:
            place, key = state.places[uid]
            if _orphaned(state, state.records[place.key][key].document):
                removed(state, place, state.remove(place, key))


def _orphaned(state: State, document: Doc) -> bool:
    """Owners count when they are in the same namespace, or in none."""
    metadata = document["metadata"]
    references = metadata.get("ownerReferences", ())
    for reference in references:
        kind, (namespace, _) = state.places.get(reference["uid"], (None, ("", "")))
        if kind and namespace in ("", metadata.get("namespace")):
            return False
    return bool(references)


def _remove_all(state: State, kind: Kind, namespace: str | None) -> None:
    for key in list(state.records[kind.key]):
        if namespace in (None, key[0]) and key in state.records[kind.key]:
            removed(state, kind, state.remove(kind, key))


def _install(state: State, key: Key, record: Record) -> Record:
    kinds = installed(record.document)
    for kind in kinds:
        state.kinds[kind.group, kind.version, kind.plural] = kind
    conditions = [
        {"type": type_, "status": "True", "reason": reason, "lastTransitionTime": now()}
        for type_, reason in (
            ("NamesAccepted", "NoConflicts"),
            ("Established", "InitialNamesAccepted"),
        )
    ]
    status = {
        "acceptedNames": record.document["spec"]["names"],
        "conditions": conditions,
        "storedVersions": [kind.version for kind in kinds],
    }
    return state.keep(CRD, key, Record({**record.document, "status": status}, record.owners))


def too_large(document: Doc) -> list[tuple[str, str]]:
    """A ConfigMap holds 1 MiB."""
    size = len(json.dumps(document.get("data", {})))
    return [("", "Too long: may not be more than 1048576 bytes")] if size > 1_048_576 else []
