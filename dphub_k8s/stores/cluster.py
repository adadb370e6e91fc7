"""Products as custom resources of a cluster.

The documents belong to their authors: the hub writes the status only.

one name twice      of products with one name in several namespaces the oldest has the name, the
                    others are listed as `namespace/name`, to be told so
a list that fails   (403, 404, 5xx, no answer) is a StoreError, never a list of nothing; of several
                    namespaces, those that can be listed go on, and the other shows what it had
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.status import Status
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.mirror import Key, Mirror
from dphub_k8s.cluster.settings import ClusterSettings
from dphub_k8s.cluster.watch import Item
from dphub_k8s.stores import objects, polling
from dphub_k8s.stores.base import (
    AlreadyExists,
    Conflict,
    Document,
    Event,
    Feature,
    NotFound,
    Stored,
    StoreError,
    name_of,
)

log = logging.getLogger("dphub.cluster")
STATUS_MANAGER = "dphub-status"
# A tick has other products to tell of; what takes longer is told in a later one.
STATUS_SECONDS = 5.0
# Of a product whose status is written by others all the time.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Seen:
    """`own` is the name of the object, whether the product has it or not."""

    stored: Stored
    own: str
    namespace: str
    status: Mapping[str, Any] | None


def reached(settings: ClusterSettings) -> str:
    """Where the products are, in words, after asking for one. Raises StoreError."""
    with _told():
        client = Client.open(settings.kubeconfig)
        for namespace in settings.namespaces or (None,):
            client.call("GET", settings.products.path(namespace), {"limit": 1})
    named = ", ".join(settings.namespaces)
    where = f"the namespaces {named}" if named else "all namespaces"
    return f"{where} of {client.host}"


class ClusterStore:
    def __init__(self, settings: ClusterSettings) -> None:
        self._settings = settings
        self._resource = settings.products
        self._lock = threading.Lock()
        self._opened: Client | None = None
        self._mirrors = {
            namespace: Mirror(self._client, self._resource.path(namespace), self._seen)
            for namespace in settings.namespaces or (None,)
        }
        self._shown: tuple[Mapping[Key, _Seen], ...] = ()
        self._by_name: dict[str, _Seen] = {}
        self._listed: tuple[Stored, ...] = ()
        self._faults: tuple[Problem, ...] = ()

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset({"watch", "status", "schema"})

    def close(self) -> None:
        """What follows the cluster ends; nothing may be asked any more."""
        for each in self._mirrors.values():
            each.close()

    def list(self) -> tuple[Stored, ...]:
        self._look()
        return self._listed

    def faults(self) -> tuple[Problem, ...]:
        """Of namespaces that show what they had."""
        self._look()
        return self._faults

    def get(self, name: str) -> Stored:
        return self._get(name).stored

    def create(self, document: Document) -> Stored:
        name = name_of(document)
        namespace = objects.namespace(document) or self._settings.namespace
        self._mirror(namespace)
        body = self._object(document, namespace)
        with _told():
            made = self._client().call("POST", self._resource.path(namespace), body=body)
        return self._put(made, name)

    def replace(self, document: Document, version: str) -> Stored:
        name = name_of(document)
        for _ in range(ATTEMPTS):
            old = self._get(name)
            _require(old.stored, version)
            path = self._resource.path(old.namespace, old.own)
            with _told():
                current = self._client().call("GET", path)
                _require(self._seen(current).stored, version)
                body = objects.replaced(current, self._object(document, old.namespace))
                if objects.document(body, self._settings.api_version) == old.stored.document:
                    return old.stored
                try:
                    return self._put(self._client().call("PUT", path, body=body), name)
                except ApiError as error:
                    if error.status != 409:
                        raise
        raise Conflict(f"{name!r} was changed by others {ATTEMPTS} times meanwhile")

    def delete(self, name: str, version: str | None = None) -> None:
        for _ in range(ATTEMPTS):
            old = self._get(name)
            path = self._resource.path(old.namespace, old.own)
            with _told():
                current = self._client().call("GET", path)
                if version is not None:
                    _require(self._seen(current).stored, version)
                metadata = current["metadata"]
                only = {key: metadata[key] for key in ("uid", "resourceVersion")}
                try:
                    self._client().call("DELETE", path, body={"preconditions": only})
                except ApiError as error:
                    if error.status != 409:
                        raise
                    continue
            self._mirror(old.namespace).drop(current)
            return
        raise Conflict(f"{name!r} was changed by others {ATTEMPTS} times meanwhile")

    def watch(self, timeout: float) -> Iterator[Event]:
        return polling.watch(self.list, timeout)

    def status(self, name: str) -> Status | None:
        found = self._get(name).status
        try:
            return Status.model_validate(found) if found else None
        except ValidationError:  # somebody else wrote it; it is written anew
            return None

    def set_status(self, name: str, uid: str, status: Status) -> bool:
        self._look()
        seen = self._by_name.get(name)
        if seen is None or seen.stored.uid != uid or self.status(name) == status:
            return False
        kept = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        manifest = {
            "apiVersion": self._settings.api_version,
            "kind": seen.stored.document["kind"],
            "metadata": {"name": seen.own, "namespace": seen.namespace, "uid": uid},
            "status": kept,
        }
        path = self._resource.path(seen.namespace, seen.own, "status")
        try:
            with _told():
                client = self._client()
                made = client.apply(path, manifest, STATUS_MANAGER, seconds=STATUS_SECONDS)
                self._put(made, name)
        except NotFound:
            return False
        except Conflict:
            if self._lives(seen):
                raise
            return False  # created again
        return True

    def _lives(self, seen: _Seen) -> bool:
        path = self._resource.path(seen.namespace, seen.own)
        try:
            with _told():
                found = self._client().call("GET", path, seconds=STATUS_SECONDS)
        except NotFound:
            return False
        return bool(found["metadata"]["uid"] == seen.stored.uid)

    def _client(self) -> Client:
        with self._lock:
            if self._opened is None:
                self._opened = Client.open(self._settings.kubeconfig)
            return self._opened

    def _look(self) -> None:
        with _told():
            shown = self._looked()
        if len(shown) == len(self._shown) and all(map(_same, shown, self._shown)):
            return
        by_name = dict(_ranked(seen for each in shown for seen in each.values()))
        self._by_name = dict(sorted(by_name.items()))
        self._listed = tuple(seen.stored for seen in self._by_name.values())
        self._shown = shown

    def _looked(self) -> tuple[Mapping[Key, _Seen], ...]:
        """In every namespace. Raises ApiError where nothing is known of one, or news of none."""
        shown, faults = [], []
        for mirror in self._mirrors.values():
            try:
                shown.append(mirror.look())
            except ApiError as fault:
                last = mirror.last
                faults.append(Problem("", fault.reason, fault.message))
                if last is None or len(faults) == len(self._mirrors):
                    raise
                shown.append(last)
        for each in faults:
            if each not in self._faults:
                log.warning("%s (its products stay as they were)", each)
        self._faults = tuple(faults)
        return tuple(shown)

    def _get(self, name: str) -> _Seen:
        self._look()
        if name not in self._by_name:
            raise NotFound(unknown(name, "product", self._by_name))
        return self._by_name[name]

    def _put(self, item: Item, name: str) -> Stored:
        self._mirror(item["metadata"]["namespace"]).put(item)
        return replace(self._seen(item).stored, name=name)

    def _mirror(self, namespace: str) -> Mirror[_Seen]:
        """Raises StoreError for a namespace whose products do not count."""
        if found := self._mirrors.get(namespace, self._mirrors.get(None)):
            return found
        watched = ", ".join(self._settings.namespaces)
        raise StoreError(f"products are kept in {watched} (DPHUB_NAMESPACES), not in {namespace}")

    def _seen(self, item: Item) -> _Seen:
        stored = objects.stored(item, self._settings.api_version)
        namespace = item["metadata"]["namespace"]
        return _Seen(stored, stored.name, namespace, item.get("status"))

    def _object(self, document: Document, namespace: str) -> dict[str, Any]:
        return objects.made(document, namespace, self._settings.api_version)


def _ranked(seen: Iterable[_Seen]) -> Iterator[tuple[str, _Seen]]:
    """By the name in the store: the oldest has its own, the others have their namespace in it."""
    taken: set[str] = set()
    for each in sorted(seen, key=lambda one: (one.stored.created, one.stored.uid)):
        if each.own in taken:
            other = each.stored.origin
            yield other, replace(each, stored=replace(each.stored, name=other))
        else:
            taken.add(each.own)
            yield each.own, each


def _require(stored: Stored, version: str) -> None:
    if stored.version != version:
        told = f"{stored.name!r} is at version {stored.version}, no longer at {version}"
        raise Conflict(told)


def _same(one: object, other: object) -> bool:
    return one is other


@contextmanager
def _told() -> Iterator[None]:
    """What the API server refuses, in the words of a store."""
    try:
        yield
    except ApiError as error:
        raise _kind(error)(error.message, f"{error.status} {error.reason}") from None


def _kind(error: ApiError) -> type[StoreError]:
    match error.status, error.reason:
        case 404, _ if error.details.get("name"):
            return NotFound
        case _, "AlreadyExists":
            return AlreadyExists
        case 409, _:
            return Conflict
        case _:
            return StoreError
