"""A product of the cluster, as its dependents need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dphub_k8s.api.product import DataProduct


@dataclass(frozen=True, slots=True)
class Subject:
    """`product` is None while the declaration is refused."""

    name: str
    namespace: str
    uid: str
    product: DataProduct | None

    @classmethod
    def of(
        cls, document: Mapping[str, Any], uid: str, product: DataProduct | None = None
    ) -> "Subject":
        """Of a document that a cluster keeps."""
        metadata = document["metadata"]
        return cls(metadata["name"], metadata["namespace"], uid, product)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
