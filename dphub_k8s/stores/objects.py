"""A product as the object of a cluster that it is kept in. Pure.

What the API server adds to an object (managed fields, kubectl's copy of what was applied) is not
part of its document. Inside the hub every document has the default `apiVersion`, whatever group and
version the cluster has for it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dphub_k8s.api.product import API_VERSION, digest
from dphub_k8s.cluster.watch import Item
from dphub_k8s.stores.base import Document, Stored

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def stored(item: Item, api_version: str) -> Stored:
    metadata = item["metadata"]
    found = document(item, api_version)
    return Stored(
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata["generation"],
        version=digest(found),
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        document=found,
        origin=f"{metadata['namespace']}/{metadata['name']}",
    )


def document(item: Item, api_version: str) -> dict[str, Any]:
    metadata = item["metadata"]
    kept: dict[str, Any] = {key: metadata[key] for key in ("name", "namespace")}
    if labels := metadata.get("labels"):
        kept["labels"] = labels
    if notes := {k: v for k, v in metadata.get("annotations", {}).items() if k != APPLIED}:
        kept["annotations"] = notes
    said = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    own = API_VERSION if item["apiVersion"] == api_version else item["apiVersion"]
    return {**said, "apiVersion": own, "metadata": kept}


def made(document: Document, namespace: str, api_version: str) -> dict[str, Any]:
    own = document.get("apiVersion")
    return {
        **document,
        "apiVersion": api_version if own == API_VERSION else own,
        "metadata": {**document["metadata"], "namespace": namespace},
    }


def replaced(current: Item, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The object with everything that its author says."""
    metadata = {**current["metadata"], "labels": {}, "annotations": {}, **wanted["metadata"]}
    applied = current["metadata"].get("annotations", {}).get(APPLIED)
    if applied is not None:
        metadata["annotations"] = {APPLIED: applied, **metadata["annotations"]}
    kept = {"status": current["status"]} if "status" in current else {}
    return {**wanted, "metadata": metadata, **kept}


def namespace(document: Document) -> str | None:
    found = document["metadata"].get("namespace")
    return found if isinstance(found, str) and found else None
