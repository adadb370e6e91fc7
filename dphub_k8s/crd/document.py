"""The CustomResourceDefinition of a DataProduct."""

from copy import deepcopy
from typing import Any

import yaml

from dphub_k8s.api.product import API_VERSION, KIND, Metadata, Spec
from dphub_k8s.api.status import Status
from dphub_k8s.crd.rules import DEMANDS
from dphub_k8s.crd.schema import Schema, structural

GROUP, VERSION = API_VERSION.split("/")
PLURAL = "dataproducts"
# Lists whose items are told apart by these fields; nothing is there twice.
KEYS = {
    "spec.entity.columns": ["name"],
    "spec.entity.navigation": ["name"],
    "spec.entity.navigation[].keys": ["left", "right"],
    "spec.backend.joins[].keys": ["left", "right"],
    "status.conditions": ["type"],
}
SETS = (
    "spec.backend.joins[].on",
    "spec.backend.joins[].true",
    "spec.odata.filterable",
    "spec.odata.orderable",
    "spec.quality[].columns",
)
ON_UNQUOTED = "What YAML 1.1 readers such as kubectl make of an unquoted on: it means the same."
READY = ".status.conditions[?(@.type=='Ready')]"
COLUMNS: tuple[tuple[str, str, str, int], ...] = (
    ("Ready", "string", f"{READY}.status", 0),
    ("Reason", "string", f"{READY}.reason", 0),
    ("Mode", "string", ".spec.deploymentMode", 0),
    ("Entity", "string", ".spec.entity.name", 0),
    ("Rows", "integer", ".status.snapshot.rows", 0),
    ("Refreshed", "date", ".status.snapshot.materializedAt", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("URL", "string", ".status.url", 1),
    ("Domain", "string", ".spec.domain", 1),
    ("Owner", "string", ".spec.owner", 1),
    ("URL", "string", ".status.url", 1),
)


def definition(group: str = GROUP, version: str = VERSION) -> dict[str, Any]:
    """As it is applied to a cluster."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["dp"],
                "categories": ["dphub"],
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(*column) for column in COLUMNS],
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def dump(document: dict[str, Any]) -> str:
    """YAML that every reader takes alike: `on` and `true` are in quotes."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:
        return True


def _column(name: str, kind: str, path: str, priority: int) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "type": kind, "jsonPath": path}
    return {**said, "priority": priority} if priority else said


def _schema() -> Schema:
    spec, status = structural(Spec), structural(Status, defaults=False)
    name = structural(Metadata)["properties"]["name"]
    join = spec["properties"]["backend"]["properties"]["joins"]["items"]["properties"]
    join["true"] = {**deepcopy(join["on"]), "description": ON_UNQUOTED}
    root = {
        "type": "object",
        "description": "A data product: read from files, joined, checked, published as OData.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": {**spec, "description": "What is declared: the only thing that people write."},
            "status": {**status, "description": "What the hub has observed; it alone writes this."},
        },
    }
    for place, keys in KEYS.items():
        at(root, place).update(
            {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys}
        )
    for place in SETS:
        at(root, place)["x-kubernetes-list-type"] = "set"
    for demand in DEMANDS:
        rules = at(root, demand.at).setdefault("x-kubernetes-validations", [])
        rules.append(demand.document())
    return root


def at(schema: Schema, place: str) -> Schema:
    """The schema at `spec.backend.joins[].on`, or at `spec.backend.sources.*.path`."""
    for step in place.replace("[]", ".[]").split(".") if place else ():
        match step:
            case "*":
                schema = schema["additionalProperties"]
            case "[]":
                schema = schema["items"]
            case _:
                schema = schema["properties"][step]
    return schema
