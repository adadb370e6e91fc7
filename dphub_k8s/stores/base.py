"""What a product store is: it keeps documents and what is observed of them, and knows no rules.

Whether a document is a good product is admission's question; a store only needs its name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from dphub_k8s.api.errors import Problem
from dphub_k8s.api.status import Status

Document = Mapping[str, Any]
# `schema`: it refuses documents that are no products itself.
Feature = Literal["watch", "status", "schema"]


class StoreError(Exception):
    """A store could not do what was asked. `fault` is the same for all that one reason prevents."""

    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault or message


class NotFound(StoreError):
    """No product of this name."""


class AlreadyExists(StoreError):
    """`create` met a product of the same name."""


class Conflict(StoreError):
    """The product is not at the version that the caller has seen."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One kept document.

    `uid` is new whenever a name is created again, `generation` counts the edits of one uid,
    `version` is opaque and changes with the document. `origin` says where a person finds it.
    `name` is `<namespace>/<name>` where an older one in another namespace has the name.
    `fault` is set while what stands there now cannot be read: `document` is then the last one that
    could.
    """

    name: str
    uid: str
    generation: int
    version: str
    created: datetime
    document: Document
    origin: str
    fault: Problem | None = None


def age(stored: Stored) -> tuple[datetime, list[str]]:
    """Sorts the oldest first; of one name, whoever has it before `<namespace>/<name>`."""
    return stored.created, stored.name.split("/")[::-1]


@dataclass(frozen=True, slots=True)
class Event:
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    stored: Stored


def name_of(document: Document) -> str:
    """`metadata.name`. Raises StoreError for a document without one."""
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str) or not name:
        raise StoreError("metadata.name is missing: a product needs a name")
    return name


class ProductStore(Protocol):
    """Atomic operations only. Every method may raise StoreError or OSError."""

    @property
    def features(self) -> frozenset[Feature]: ...

    def list(self) -> tuple[Stored, ...]:
        """All products, by name."""

    def faults(self) -> tuple[Problem, ...]:
        """What is in the store but holds no product that could be listed."""

    def get(self, name: str) -> Stored:
        """Raises NotFound."""

    def create(self, document: Document) -> Stored:
        """Raises AlreadyExists."""

    def replace(self, document: Document, version: str) -> Stored:
        """Raises NotFound, or Conflict when the product is no longer at `version`."""

    def delete(self, name: str, version: str | None = None) -> None:
        """Raises NotFound, or Conflict when a version is given and the product is at another."""

    def watch(self, timeout: float) -> Iterator[Event]:
        """What changes from now on, until nothing has changed for `timeout` seconds."""

    def status(self, name: str) -> Status | None:
        """What was observed last, or None. Raises NotFound."""

    def set_status(self, name: str, uid: str, status: Status) -> bool:
        """Keep `status` if it is new and the product still is this `uid`; says if it was kept."""
