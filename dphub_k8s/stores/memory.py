"""The store of tests and of programs that need nothing kept."""

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.product import digest
from dphub_k8s.api.status import Status
from dphub_k8s.stores import polling
from dphub_k8s.stores.base import (
    AlreadyExists,
    Conflict,
    Document,
    Event,
    Feature,
    NotFound,
    Stored,
    name_of,
)


class MemoryStore:
    """Documents in a dict; safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._products: dict[str, Stored] = {}
        self._statuses: dict[str, Status] = {}

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset({"watch", "status"})

    def list(self) -> tuple[Stored, ...]:
        with self._lock:
            return tuple(self._products[name] for name in sorted(self._products))

    def faults(self) -> tuple[Problem, ...]:
        return ()

    def get(self, name: str) -> Stored:
        with self._lock:
            if name not in self._products:
                raise NotFound(unknown(name, "product", self._products))
            return self._products[name]

    def create(self, document: Document) -> Stored:
        name = name_of(document)
        with self._lock:
            if name in self._products:
                raise AlreadyExists(f"there is a product {name!r} already")
            kept = _copy(document)
            now = datetime.now(UTC)
            stored = Stored(name, uuid.uuid4().hex, 1, digest(kept), now, kept, f"memory:{name}")
            self._products[name] = stored
            return stored

    def replace(self, document: Document, version: str) -> Stored:
        with self._lock:
            old = self._at(name_of(document), version)
            kept = _copy(document)
            if digest(kept) == version:
                return old
            generation = old.generation + 1
            new = replace(old, generation=generation, version=digest(kept), document=kept)
            self._products[old.name] = new
            return new

    def delete(self, name: str, version: str | None = None) -> None:
        with self._lock:
            old = self._at(name, version)
            del self._products[name]
            self._statuses.pop(old.uid, None)

    def watch(self, timeout: float) -> Iterator[Event]:
        return polling.watch(self.list, timeout)

    def status(self, name: str) -> Status | None:
        return self._statuses.get(self.get(name).uid)

    def set_status(self, name: str, uid: str, status: Status) -> bool:
        with self._lock:
            stored = self._products.get(name)
            if stored is None or stored.uid != uid or self._statuses.get(uid) == status:
                return False
            self._statuses[uid] = status
            return True

    def _at(self, name: str, version: str | None) -> Stored:
        stored = self.get(name)
        if version not in (None, stored.version):
            raise Conflict(f"{name!r} is at version {stored.version}, no longer at {version}")
        return stored


def _copy(document: Document) -> Document:
    copy: Document = json.loads(json.dumps(document))
    return copy
