"""The accepted spec of every product, in ConfigMaps beside the hub: for whoever read them there
before. Nothing of the hub reads them, but for where each product is.

data-product-hub-metadata, …-1, …-2    one key per product, its spec as JSON

A ConfigMap is applied as a whole: two applies of single keys would delete each other's.
"""

import json
import time
from collections.abc import Sequence

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.cluster.watch import Item
from dphub_k8s.reconcile.budget import LOOK_SECONDS, Budget, Clock
from dphub_k8s.reconcile.faults import Fault
from dphub_k8s.reconcile.manifest import MANAGED_BY, MANAGER, Manifest
from dphub_k8s.reconcile.parts import LIMIT, Part, Parts, assigned, size
from dphub_k8s.reconcile.subject import Subject

NAME = "data-product-hub-metadata"
CONFIG_MAPS = Resource("", "v1", "configmaps")
LABELS = {**MANAGED_BY, "dphub.io/export": "metadata"}
SELECTOR = ",".join(f"{name}={value}" for name, value in LABELS.items())

# A part is nearly a megabyte, whatever has changed in it.
PAUSE_SECONDS = 2.0


class Export:
    """`faults` are those of products whose spec cannot be exported, by uid."""

    def __init__(self, namespace: str, clock: Clock = time.monotonic) -> None:
        self._namespace = namespace
        self._clock = clock
        self._seen: Sequence[Subject] | None = None
        self._texts: dict[str, tuple[Subject, str]] = {}
        self._parts: Parts = []
        self._look_due = self._due = float("-inf")
        self._behind = True
        self._untold: list[Fault] = []
        self.faults: dict[str, Fault] = {}

    def take(self, subjects: Sequence[Subject]) -> None:
        """All products. The very same sequence costs nothing."""
        if subjects is self._seen:
            return
        self._seen, self._behind = subjects, True
        before, self._texts = self._texts, {}
        faults, self.faults = self.faults, {}
        for subject in subjects:
            known = before.get(subject.uid)
            text = known[1] if known and known[0] == subject else _text(subject)
            if text is None:
                continue
            if size(subject.name, text) <= LIMIT:
                self._texts[subject.uid] = subject, text
            elif (fault := faults.get(subject.uid)) and fault.subject == subject:
                self.faults[subject.uid] = fault
            else:
                self._too_large(subject, text)

    @property
    def settled(self) -> bool:
        return not self._behind and self._look_due > self._clock()

    def settle(self, client: Client, budget: Budget) -> list[Fault]:
        """What was found too large since. Raises ApiError."""
        self._export(client, budget)
        told, self._untold = self._untold, []
        return told

    def _export(self, client: Client, budget: Budget) -> None:
        if self._clock() >= self._look_due:
            self._parts = self._read(client)
            self._look_due, self._behind = self._clock() + LOOK_SECONDS, True
        if not self._behind or self._clock() < self._due:
            return
        wanted = assigned(self._wanted(), self._parts)
        for number in _changed(self._parts, wanted):
            if not budget:
                return
            self._put(client, number, wanted, budget)
        self._behind = False
        self._due = self._clock() + PAUSE_SECONDS

    def _too_large(self, subject: Subject, text: str) -> None:
        told = f"a spec of {len(text.encode())} bytes, and {NAME} takes {LIMIT}: it is not exported"
        fault = Fault(subject, ApiError(0, "TooLarge", told))
        self.faults[subject.uid] = fault
        self._untold.append(fault)

    def _wanted(self) -> dict[str, str]:
        """Of a refused product, what was accepted last."""
        there = {name: text for part in reversed(self._parts) for name, text in part.items()}
        refused = {subject.name for subject in self._seen or () if subject.product is None}
        kept = {name: text for name, text in there.items() if name in refused}
        return kept | {subject.name: text for subject, text in self._texts.values()}

    def _put(self, client: Client, number: int, wanted: Parts, budget: Budget) -> None:
        path = CONFIG_MAPS.path(self._namespace, _name(number))
        if number < len(wanted):
            manifest = self._manifest(number, wanted[number])
            client.apply(path, manifest, MANAGER, seconds=budget.spend())
            self._parts += [{} for _ in range(number + 1 - len(self._parts))]
            self._parts[number] = wanted[number]
            return
        try:
            client.call("DELETE", path, seconds=budget.spend())
        except ApiError as error:
            if error.status != 404:
                raise
        self._parts.pop()

    def _manifest(self, number: int, part: Part) -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": _name(number), "namespace": self._namespace, "labels": LABELS},
            "data": part,
        }

    def _read(self, client: Client) -> Parts:
        path = CONFIG_MAPS.path(self._namespace)
        items: Sequence[Item] = client.list(path, {"labelSelector": SELECTOR}).items
        found = {number: item for item in items if (number := _number(item)) is not None}
        last = max(found, default=-1)
        return [dict(found.get(number, {}).get("data") or {}) for number in range(last + 1)]


def _changed(parts: Parts, wanted: Parts) -> list[int]:
    """Those that lose a product come last: one that moves is in two places, not in none. Then those
    to be deleted, from the last on."""

    def loses(number: int) -> bool:
        return number < len(parts) and bool(parts[number].keys() - wanted[number].keys())

    differing = [
        number
        for number, part in enumerate(wanted)
        if number >= len(parts) or parts[number] != part
    ]
    return [*sorted(differing, key=loses), *reversed(range(len(wanted), len(parts)))]


def _text(subject: Subject) -> str | None:
    if subject.product is None:
        return None
    spec = subject.product.document()["spec"]
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _name(number: int) -> str:
    return f"{NAME}-{number}" if number else NAME


def _number(item: Item) -> int | None:
    """None: it has our labels, and is none of ours."""
    rest = str(item["metadata"]["name"]).removeprefix(NAME)
    if not rest:
        return 0
    return int(rest[1:]) if rest[0] == "-" and rest[1:].isdigit() and rest[1] != "0" else None
