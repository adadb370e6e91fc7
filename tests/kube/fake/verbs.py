"""What a request does to the objects."""

import copy
import uuid
from typing import Any

from tests.kube.fake import consequences, owners, refusal
from tests.kube.fake.owners import Owner
from tests.kube.fake.refusal import Doc, Refusal
from tests.kube.fake.state import Record, State, now
from tests.kube.fake.target import Target, changed, invalid
from tests.kube.fake.write import named, unversioned, write


def create(state: State, target: Target, body: Doc, manager: str) -> Doc:
    kind = target.kind
    document = _fitting(target, body)
    metadata = document["metadata"]
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + uuid.uuid4().hex[:5]
    key = (target.namespace, metadata.get("name", ""))
    if key in state.records[kind.key]:
        told = f'{kind.resource} "{key[1]}" already exists'
        raise Refusal(409, told, "AlreadyExists", {"name": key[1], "kind": kind.plural})
    return write(state, Target(kind, *key), None, document, Owner(manager, "Update"), None)


def replace(state: State, target: Target, body: Doc, manager: str) -> Doc:
    live = state.get(target.kind, target.key)
    document = _fitting(target, body)
    if not target.kind.unconditional and not document["metadata"].get("resourceVersion"):
        told = "Invalid value: 0: must be specified for an update"
        raise invalid(target, [("metadata.resourceVersion", told)])
    me = Owner(manager, "Update", target.subresource)
    return write(state, target, live, document, me, None)


def merge(state: State, target: Target, body: Doc, manager: str) -> Doc:
    live = state.get(target.kind, target.key)
    document = _merged(unversioned(live.document), body)
    me = Owner(manager, "Update", target.subresource)
    return write(state, target, live, document, me, None)


def apply(state: State, target: Target, body: Doc, manager: str, force: bool) -> tuple[Doc, bool]:
    """The object, and whether it is new."""
    if not manager:
        told = "fieldManager: Required value: is required for apply patch"
        raise Refusal(422, f'PatchOptions.meta.k8s.io "" is invalid: {told}')
    live = state.records[target.kind.key].get(target.key)
    if live is None and target.subresource:
        raise refusal.not_found(target.kind.resource, target.name)
    document = _fitting(target, body)
    if "managedFields" in document["metadata"]:
        raise Refusal(400, "metadata.managedFields must be nil")
    if target.of_status:
        document = {name: document[name] for name in document if name in ("metadata", "status")}
        document["metadata"] = {}
    elif target.kind.status:
        document.pop("status", None)
    base: Doc = unversioned(live.document) if live else named(target)
    me = Owner(manager, "Apply", target.subresource)
    held = live.owners if live else {}
    result, owned = owners.applied(target.kind, base, held, document, me, force)
    given = body["metadata"]
    result["metadata"] |= {n: given[n] for n in ("uid", "resourceVersion") if n in given}
    return write(state, target, live, result, me, owned), live is None


def delete(state: State, target: Target, options: Doc) -> Doc:
    live = state.get(target.kind, target.key)
    metadata = live.document["metadata"]
    for name, wanted in (options.get("preconditions") or {}).items():
        if wanted != metadata[name]:
            told = f"the {name} in the precondition ({wanted}) does not match ({metadata[name]})"
            raise changed(target, f"Precondition failed: {told}")
    if metadata.get("finalizers"):
        if "deletionTimestamp" not in metadata:
            marked = {**metadata, "deletionTimestamp": now(), "deletionGracePeriodSeconds": 0}
            live = Record({**live.document, "metadata": marked}, live.owners)
            live = state.keep(target.kind, target.key, live)
        return live.document
    consequences.removed(state, target.kind, state.remove(target.kind, target.key))
    details = {"name": target.name, "kind": target.kind.plural, "uid": metadata["uid"]}
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details,
    }  # fmt: skip


def _fitting(target: Target, body: Doc) -> Doc:
    kind = target.kind
    if body.get("kind") != kind.kind or body.get("apiVersion") != kind.api_version:
        told = f"{body.get('kind')} {body.get('apiVersion')} is not {kind.kind} {kind.api_version}"
        raise Refusal(400, f"the object provided is unrecognized: {told}")
    metadata = body.get("metadata") or {}
    for name, wanted in (("name", target.name), ("namespace", target.namespace)):
        if wanted and metadata.get(name, wanted) != wanted:
            told = f"the {name} of the object ({metadata[name]}) does not match the {name} on the"
            raise Refusal(400, f"{told} URL ({wanted})")
    return {**copy.deepcopy(body), "metadata": copy.deepcopy(metadata)}


def _merged(value: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, each in patch.items():
        if each is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), each)
    return result
