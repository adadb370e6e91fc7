"""What a collection of the API server holds, kept up to date by a thread of its own.

Lists, then watches from that version on, for half a minute at a time; lists again when the version
is too old, and every ten minutes, so that no lost event stays lost. Whoever looks never sees less
than there is: as long as the last listing or watch has failed, looking fails too.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError, Unreachable
from dphub_k8s.cluster.watch import Event, Item

log = logging.getLogger("dphub.cluster")
T = TypeVar("T")
Key = tuple[str, str]

WATCH_SECONDS = 30.0
LIST_SECONDS = 600.0
# Between two attempts while the API server does not answer.
PAUSE_SECONDS = 1.0
# Between two listings where no watch lasts; once is no reason to wait.
LONGEST_PAUSE_SECONDS = 10.0
TOO_HASTY = 3
FIRST_LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    uid: str
    version: int
    value: T


class Mirror(Generic[T]):
    """`keep` makes of each object what is kept of it. For any number of threads."""

    def __init__(self, client: Callable[[], Client], path: str, keep: Callable[[Item], T]) -> None:
        self._client = client
        self._path = path
        self._keep = keep
        self._changed = threading.Condition()
        self._kept: dict[Key, Kept[T]] = {}
        self._deleted: set[str] = set()
        self._shown: Mapping[Key, T] | None = None
        self._fault: ApiError | None = None
        self._listed: float | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """The thread ends with its next call."""
        self._closed = True

    def look(self) -> Mapping[Key, T]:
        """By namespace and name; the same object as long as nothing changes. Raises ApiError."""
        with self._changed:
            self._follow()
            self._changed.wait_for(self._known, FIRST_LOOK_SECONDS)
            if self._fault:
                raise self._fault.with_traceback(None)
            if self._listed is None:
                told = f"GET {self._path}: not listed after {FIRST_LOOK_SECONDS:.0f} s"
                raise Unreachable(0, "Timeout", told)
            return self._show()

    @property
    def last(self) -> Mapping[Key, T] | None:
        """What there was when it could last be seen; None: it never could."""
        with self._changed:
            return None if self._listed is None else self._show()

    def put(self, item: Item) -> None:
        """An answer to a write, which the watch tells later."""
        with self._changed:
            self._take(item)

    def drop(self, item: Item) -> None:
        """It has been deleted; what the watch still has to tell of it is old."""
        with self._changed:
            self._deleted.add(item["metadata"]["uid"])
            self._remove(item)

    def _show(self) -> Mapping[Key, T]:
        if self._shown is None:
            self._shown = {key: kept.value for key, kept in self._kept.items()}
        return self._shown

    def _known(self) -> bool:
        return self._fault is not None or self._listed is not None

    def _follow(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name=self._path, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        version: str | None = None
        hasty = 0
        while not self._closed:
            begun, fault = time.monotonic(), None
            try:
                if version is None or begun - (self._listed or 0) > LIST_SECONDS:
                    version = self._list()
                version = self._watch(version)
            except ApiError as error:
                fault = error
            # A watch may break off for many reasons; whether it matters, a listing tells.
            if fault and version is None:
                self._fail(fault)
                time.sleep(PAUSE_SECONDS)
                continue
            version = None if fault else version
            hasty = hasty + 1 if time.monotonic() - begun < PAUSE_SECONDS else 0
            self._pace(hasty, fault)

    def _pace(self, hasty: int, fault: ApiError | None) -> None:
        """Where every watch is refused or ends at once, listings must not chase each other."""
        if hasty == TOO_HASTY:
            why = fault or f"WATCH {self._path}: it ends at once"
            log.warning("%s (products are listed now and then instead)", why)
        if hasty > 1:
            time.sleep(min(PAUSE_SECONDS * 2.0 ** min(hasty - 2, 16), LONGEST_PAUSE_SECONDS))

    def _list(self) -> str:
        listing = self._client().list(self._path, keep=self._made)
        found = listing.items
        with self._changed:
            # What was written after the listing is newer, and the watch tells it again.
            newer = {k: v for k, v in self._kept.items() if v.version > int(listing.version)}
            listed = {key: kept for key, kept in found if kept.uid not in self._deleted}
            self._deleted &= {kept.uid for _, kept in found}
            self._kept = {**listed, **newer}
            self._shown, self._fault, self._listed = None, None, time.monotonic()
            self._changed.notify_all()
        return listing.version

    def _watch(self, version: str) -> str:
        for event in self._client().watch(self._path, version, WATCH_SECONDS):
            version = event.version
            with self._changed:
                self._told(event)
        return version

    def _told(self, event: Event) -> None:
        if event.type == "DELETED":
            self._deleted.discard(event.object["metadata"]["uid"])
            self._remove(event.object)
        elif event.type != "BOOKMARK":
            self._take(event.object)

    def _take(self, item: Item) -> None:
        key, new = self._made(item)
        old = self._kept.get(key)
        if new.uid not in self._deleted and (old is None or old.version < new.version):
            self._kept[key] = new
            self._shown = None

    def _remove(self, item: Item) -> None:
        key, gone = _key(item), item["metadata"]["uid"]
        if (old := self._kept.get(key)) and old.uid == gone:
            del self._kept[key]
            self._shown = None

    def _made(self, item: Item) -> tuple[Key, Kept[T]]:
        metadata = item["metadata"]
        kept = Kept(metadata["uid"], int(metadata["resourceVersion"]), self._keep(item))
        return _key(item), kept

    def _fail(self, fault: ApiError) -> None:
        """In the words of the first, while it is the same fault: they are told once."""
        with self._changed:
            if self._fault is None or not self._fault.like(fault):
                self._fault = fault
            self._changed.notify_all()


def _key(item: Item) -> Key:
    metadata = item["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
