"""What the server holds: objects, each replaced and never changed, and the changes since."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.kube.fake import owners, refusal
from tests.kube.fake.kinds import BUILT_IN, NAMESPACE, Kind
from tests.kube.fake.owners import Owners
from tests.kube.fake.refusal import Doc

Key = tuple[str, str]  # namespace and name
Validator = Callable[[Doc], list[tuple[str, str]]]


@dataclass(frozen=True)
class Record:
    document: Doc
    owners: Owners = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    version: int
    type: str
    kind: tuple[str, str]
    document: Doc
    before: Doc | None


class State:
    """Every method wants `changed` to be held."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.kinds = {(kind.group, kind.version, kind.plural): kind for kind in BUILT_IN}
        self.records: defaultdict[tuple[str, str], dict[Key, Record]] = defaultdict(dict)
        self.validators: dict[tuple[str, str], Validator] = {}
        self.changes: list[Change] = []
        self.version = 1
        self.oldest = 0
        self.pages: dict[str, tuple[int, list[Doc]]] = {}
        self.places: dict[str, tuple[Kind, Key]] = {}
        self.dependents: defaultdict[str, set[str]] = defaultdict(set)

    def get(self, kind: Kind, key: Key) -> Record:
        record = self.records[kind.key].get(key)
        if record is None:
            raise refusal.not_found(kind.resource, key[1])
        return record

    def select(self, kind: Kind, namespace: str | None) -> Iterator[Doc]:
        for (place, _), record in sorted(self.records[kind.key].items()):
            if namespace in (None, place):
                yield record.document

    def keep(self, kind: Kind, key: Key, record: Record) -> Record:
        """With a new version."""
        before = self.records[kind.key].get(key)
        self.version += 1
        metadata = {
            **record.document["metadata"],
            "resourceVersion": str(self.version),
            "managedFields": owners.managed(record.owners, kind, now()),
        }
        record = Record({**record.document, "metadata": metadata}, record.owners)
        self.records[kind.key][key] = record
        self.places[metadata["uid"]] = kind, key
        for reference in metadata.get("ownerReferences", ()):
            self.dependents[reference["uid"]].add(metadata["uid"])
        self._tell("MODIFIED" if before else "ADDED", kind, record, before)
        return record

    def remove(self, kind: Kind, key: Key) -> Record:
        gone = self.records[kind.key].pop(key)
        self.version += 1
        metadata = {**gone.document["metadata"], "resourceVersion": str(self.version)}
        del self.places[metadata["uid"]]
        self._tell("DELETED", kind, Record({**gone.document, "metadata": metadata}), gone)
        return gone

    def compact(self) -> None:
        """Forgets the past: older watches and pages begun have expired."""
        with self.changed:
            self.oldest = self.version
            self.changes.clear()
            self.pages.clear()

    def namespaces(self) -> set[str]:
        return {name for _, name in self.records[NAMESPACE.key]}

    def _tell(self, type_: str, kind: Kind, record: Record, before: Record | None) -> None:
        self.changes.append(
            Change(
                self.version, type_, kind.key, record.document, before.document if before else None
            )
        )
        self.changed.notify_all()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
