"""Every write goes through here: what nobody may change, the schema, the generation, no-ops."""

import json
import re
import uuid

from tests.kube.fake import consequences, owners, refusal, schema
from tests.kube.fake.kinds import Kind
from tests.kube.fake.owners import Owner, Owners
from tests.kube.fake.refusal import Doc
from tests.kube.fake.state import Record, State, now
from tests.kube.fake.target import Target, changed, invalid

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
KEPT = ("name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp")


def write(
    state: State,
    target: Target,
    live: Record | None,
    document: Doc,
    me: Owner,
    owned: Owners | None,
) -> Doc:
    kind = target.kind
    _check_place(state, target, live, document)
    result = _isolated(target, live, document)
    if kind.custom:
        result = {**schema.completed(result, kind.schema), "metadata": result["metadata"]}
        result = {"apiVersion": kind.api_version, "kind": kind.kind, **result}
    _validate(state, target, result)
    before: Doc = live.document if live else {"metadata": {}}
    if owned is None:
        owned = owners.updated(kind, before, live.owners if live else {}, result, me)
    _count(kind, live, result)
    if live and unversioned(live.document) == result and live.owners == owned:
        return live.document
    record = state.keep(kind, target.key, Record(result, owned))
    if "deletionTimestamp" in result["metadata"] and not result["metadata"].get("finalizers"):
        consequences.removed(state, kind, state.remove(kind, target.key))
        return record.document
    return consequences.written(state, kind, target.key, record).document


def _check_place(state: State, target: Target, live: Record | None, document: Doc) -> None:
    metadata = document["metadata"]
    if live is None:
        if target.kind.namespaced and target.namespace not in state.namespaces():
            raise refusal.not_found("namespaces", target.namespace)
        if not NAME.fullmatch(target.name) or len(target.name) > 253:
            told = f"Invalid value: {json.dumps(target.name)}: a lowercase RFC 1123 subdomain"
            raise invalid(target, [("metadata.name", told)])
        if metadata.get("uid"):
            raise changed(target, "uid mismatch: the provided object specified a uid")
        return
    for name, told in (
        ("uid", "Precondition failed: UID in precondition does not match"),
        (
            "resourceVersion",
            "the object has been modified; please apply your changes to the latest version"
            " and try again",
        ),
    ):
        if metadata.get(name, live.document["metadata"][name]) != live.document["metadata"][name]:
            raise changed(target, told)


def _isolated(target: Target, live: Record | None, document: Doc) -> Doc:
    """Status is written below `/status` only, and nothing else there; nobody writes what the
    system fills in."""
    metadata = {
        name: value
        for name, value in document["metadata"].items()
        if name not in (*KEPT, "resourceVersion", "managedFields", "generateName")
    }
    result = {name: value for name, value in document.items() if name != "status"}
    status = document.get("status")
    if live:
        kept = live.document
        metadata |= {name: kept["metadata"][name] for name in KEPT if name in kept["metadata"]}
        if target.of_status:
            result = {name: value for name, value in kept.items() if name != "status"}
            metadata = unversioned(kept)["metadata"]
        elif target.kind.status:
            status = kept.get("status")
    else:
        metadata |= named(target)["metadata"]
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        if target.kind.status:
            status = None
    return {**result, "metadata": metadata, **({} if status is None else {"status": status})}


def _validate(state: State, target: Target, document: Doc) -> None:
    found = schema.faults(document, target.kind.schema, "")
    if validator := state.validators.get(target.kind.key):
        found += validator(document)
    if found:
        raise invalid(target, found)


def _count(kind: Kind, live: Record | None, result: Doc) -> None:
    if not kind.generation:
        return
    last = live.document if live else {}
    differs = _specified(last) != _specified(result)
    result["metadata"]["generation"] = last.get("metadata", {}).get("generation", 0) + differs


def _specified(document: Doc) -> Doc:
    return {
        name: value
        for name, value in document.items()
        if name not in ("metadata", "status", "apiVersion", "kind")
    } or {"": bool(document)}


def named(target: Target) -> Doc:
    place = {"namespace": target.namespace} if target.kind.namespaced else {}
    return {
        "apiVersion": target.kind.api_version,
        "kind": target.kind.kind,
        "metadata": {"name": target.name, **place},
    }


def unversioned(document: Doc) -> Doc:
    hidden = ("resourceVersion", "managedFields")
    metadata = {n: value for n, value in document["metadata"].items() if n not in hidden}
    return {**document, "metadata": metadata}
