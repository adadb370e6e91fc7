"""A watch for stores that can only be looked at: list, wait, compare."""

import time
from collections.abc import Callable, Iterator, Mapping

from dphub_k8s.stores.base import Event, Stored

INTERVAL_S = 0.2


def watch(listing: Callable[[], tuple[Stored, ...]], timeout: float) -> Iterator[Event]:
    """What `listing` shows from this call on, until it has shown the same for `timeout` seconds."""
    return _events(listing, timeout, {stored.name: stored for stored in listing()})


def _events(
    listing: Callable[[], tuple[Stored, ...]], timeout: float, before: Mapping[str, Stored]
) -> Iterator[Event]:
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(INTERVAL_S, left))
        after = {stored.name: stored for stored in listing()}
        if after != before:
            yield from changes(before, after)
            before, deadline = after, time.monotonic() + timeout


def changes(before: Mapping[str, Stored], after: Mapping[str, Stored]) -> Iterator[Event]:
    """What happened between two listings; a name with another uid was deleted and created."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old and new and old.uid == new.uid:
            if old != new:
                yield Event("MODIFIED", new)
            continue
        if old:
            yield Event("DELETED", old)
        if new:
            yield Event("ADDED", new)
