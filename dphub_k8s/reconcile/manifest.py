"""What the hub writes into a cluster: the kinds, the marks they carry, and where they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dphub_k8s.cluster.resource import Resource

Manifest = Mapping[str, Any]

MANAGER = "dphub"
MANAGED_BY = {"app.kubernetes.io/managed-by": MANAGER}
PRODUCT = "dphub.io/product"
PRODUCT_UID = "dphub.io/product-uid"
# The kinds that products own.
OWNED = {"Ingress": Resource("networking.k8s.io", "v1", "ingresses")}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an owned object is."""

    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        return OWNED[self.kind].path(self.namespace, self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def place(kind: str, item: Manifest) -> Place:
    metadata = item["metadata"]
    return Place(kind, metadata["namespace"], metadata["name"])


def covers(found: object, wanted: object) -> bool:
    """Whether everything that is wanted is found; more may be, in mappings."""
    match wanted:
        case Mapping():
            return isinstance(found, Mapping) and all(
                key in found and covers(found[key], value) for key, value in wanted.items()
            )
        case list() | tuple():
            return (
                isinstance(found, list)
                and len(found) == len(wanted)
                and all(map(covers, found, wanted))
            )
        case _:
            return found == wanted
