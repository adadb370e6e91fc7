"""Makes the cluster hold what is desired of products, and takes away what no longer is.

All objects that carry the hub's marks are listed now and then: what is not as desired is a product
to settle, whoever changed it. Objects of products that this hub does not know stay: they may be
another shard's, and those of deleted products are garbage-collected without it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from dphub_k8s.api.product import digest
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError, Unreachable, is_refusal
from dphub_k8s.cluster.watch import Item
from dphub_k8s.reconcile.budget import LOOK_SECONDS, Backoff, Budget, Clock
from dphub_k8s.reconcile.desired import desired
from dphub_k8s.reconcile.faults import Fault
from dphub_k8s.reconcile.manifest import (
    MANAGED_BY,
    MANAGER,
    OWNED,
    PRODUCT_UID,
    Manifest,
    Place,
    covers,
    place,
)
from dphub_k8s.reconcile.settings import ObjectSettings
from dphub_k8s.reconcile.subject import Subject

# A webhook that is broken answers 500 for ever, a server that is busy a few times.
PATIENCE = 3
SELECTOR = ",".join([*(f"{name}={value}" for name, value in MANAGED_BY.items()), PRODUCT_UID])


class Taken(ApiError):
    """An object of that name is there, and is not this product's."""

    def __init__(self, where: Place, uid: str | None) -> None:
        whose = f"belongs to {uid}" if uid else "was not made by the hub"
        super().__init__(409, "Taken", f"{where} is there and {whose}: delete it")


@dataclass(frozen=True, slots=True)
class Object:
    """As it was last seen or applied; `digest` is that of the manifest which it fulfils."""

    owner: str
    uid: str
    digest: str


@dataclass(frozen=True, slots=True)
class Wanted:
    manifest: Manifest
    digest: str

    @classmethod
    def of(cls, manifest: Manifest) -> "Wanted":
        return cls(manifest, digest(manifest))


class Dependents:
    """`faults` are those of products that are not settled, by uid."""

    def __init__(self, settings: ObjectSettings, clock: Clock = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._seen: Sequence[Subject] = ()
        self._subjects: dict[str, Subject] = {}
        self._desired: dict[str, dict[Place, Wanted]] = {}
        self._objects: dict[str, dict[Place, Object]] = {}
        self._unsettled: dict[str, Backoff] = {}
        self._look_due = float("-inf")
        self._refusal: ApiError | None = None
        self.faults: dict[str, Fault] = {}

    def take(self, subjects: Sequence[Subject]) -> None:
        """All products. The very same sequence costs nothing."""
        if subjects is self._seen:
            return
        self._seen = subjects
        before, self._subjects = self._subjects, {each.uid: each for each in subjects}
        for uid in before.keys() - self._subjects.keys():
            self._forget(uid)
            self._objects.pop(uid, None)
        for uid, subject in self._subjects.items():
            if before.get(uid) != subject:
                self._forget(uid)
                self._desire(subject)

    @property
    def settled(self) -> bool:
        return not self._unsettled and self._look_due > self._clock()

    def settle(self, client: Client, budget: Budget) -> list[Fault]:
        """What failed in this turn. Raises ApiError where no product can be looked after."""
        if self._clock() >= self._look_due:
            self._try_to_look(client)
        now = self._clock()
        failed = []
        for uid, backoff in list(self._unsettled.items()):
            if not budget:
                break
            if backoff.due > now:
                continue
            try:
                self._settle(client, uid, budget)
            except ApiError as error:
                failed.append(self._failed(uid, error))
                if isinstance(error, Unreachable):
                    break
            else:
                self._unsettled.pop(uid)
                self.faults.pop(uid, None)
        return failed

    def refused(self) -> dict[str, str]:
        """By uid, why it is not as it is desired, where trying again may not help."""
        why = {
            uid: fault.error
            for uid, fault in self.faults.items()
            if is_refusal(fault.error) or self._unsettled[uid].failures >= PATIENCE
        }
        if self._refusal and is_refusal(self._refusal):
            why = dict.fromkeys(self._unsettled, self._refusal) | why
        return {uid: str(error) for uid, error in why.items() if error.status}

    def _desire(self, subject: Subject) -> None:
        """What exists of a refused or suspended product is left as it is."""
        product = subject.product
        if product is None or product.spec.suspend:
            self._desired.pop(subject.uid, None)
            return
        manifests = desired(product, subject.uid, subject.namespace, self._settings)
        self._desired[subject.uid] = {
            place(each["kind"], each): Wanted.of(each) for each in manifests
        }
        self._check(subject.uid)

    def _check(self, uid: str) -> None:
        found = {where: each.digest for where, each in self._objects.get(uid, {}).items()}
        wanted = {where: each.digest for where, each in self._desired[uid].items()}
        if found != wanted:
            self._unsettled.setdefault(uid, Backoff())
        else:
            self._unsettled.pop(uid, None)
            self.faults.pop(uid, None)

    def _forget(self, uid: str) -> None:
        self._desired.pop(uid, None)
        self._unsettled.pop(uid, None)
        self.faults.pop(uid, None)

    def _try_to_look(self, client: Client) -> None:
        try:
            self._look(client)
        except ApiError as error:
            self._refusal = error
            raise
        self._refusal = None

    def _look(self, client: Client) -> None:
        found: dict[str, dict[Place, Object]] = {}
        for where, each in self._listed(client):
            found.setdefault(each.owner, {})[where] = each
        self._objects = found
        self._look_due = self._clock() + LOOK_SECONDS
        for uid in self._desired:
            self._check(uid)

    def _listed(self, client: Client) -> Iterator[tuple[Place, Object]]:
        """Dependents of a product are beside it, and in Shared mode only what is beside the hub
        has any."""
        for kind, resource in OWNED.items():
            path = resource.path(self._settings.cluster.namespace)
            keep = partial(self._kept, kind)
            yield from client.list(path, {"labelSelector": SELECTOR}, keep=keep).items

    def _kept(self, kind: str, item: Item) -> tuple[Place, Object]:
        where = place(kind, item)
        uid = item["metadata"]["labels"][PRODUCT_UID]
        wanted = self._desired.get(uid, {}).get(where)
        return where, Object(uid, item["metadata"]["uid"], _fulfilled(item, wanted))

    def _settle(self, client: Client, uid: str, budget: Budget) -> None:
        objects = self._objects.setdefault(uid, {})
        wanted = self._desired[uid]
        for where, each in wanted.items():
            if where not in objects:
                _require_free(client, where, uid, budget)
            elif objects[where].digest == each.digest:
                continue
            applied = client.apply(where.path, each.manifest, MANAGER, seconds=budget.spend())
            objects[where] = Object(uid, applied["metadata"]["uid"], each.digest)
        for where in sorted(objects.keys() - wanted.keys()):
            _delete(client, where, objects[where], budget)
            del objects[where]

    def _failed(self, uid: str, error: ApiError) -> Fault:
        """It comes last next time."""
        backoff = self._unsettled.pop(uid)
        backoff.failed(self._clock())
        self._unsettled[uid] = backoff
        self.faults[uid] = Fault(self._subjects[uid], error)
        return self.faults[uid]


def _fulfilled(item: Item, wanted: Wanted | None) -> str:
    """Listed items do not say what kind they are."""
    if wanted is None:
        return ""
    said = {
        name: value for name, value in wanted.manifest.items() if name not in ("apiVersion", "kind")
    }
    return wanted.digest if covers(item, said) else ""


def _require_free(client: Client, where: Place, uid: str, budget: Budget) -> None:
    """Apply would take over what others made."""
    try:
        found = client.call("GET", where.path, seconds=budget.spend())
    except ApiError as error:
        if error.status == 404:
            return
        raise
    owners = _owners(found)
    if uid not in owners:
        raise Taken(where, next(iter(owners), None))


def _owners(item: Item) -> list[str]:
    """Where somebody took the label off, there still is the reference."""
    metadata = item["metadata"]
    labelled = metadata.get("labels", {}).get(PRODUCT_UID)
    referred = [each["uid"] for each in metadata.get("ownerReferences", ())]
    return [labelled, *referred] if labelled else referred


def _delete(client: Client, where: Place, each: Object, budget: Budget) -> None:
    try:
        body = {"preconditions": {"uid": each.uid}}
        client.call("DELETE", where.path, body=body, seconds=budget.spend())
    except ApiError as error:
        if error.status != 404:
            raise
