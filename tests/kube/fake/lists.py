"""Listing in pages of one snapshot, and watching."""

import bisect
import time
import uuid
from collections.abc import Callable, Iterator, Mapping

from tests.kube.fake import refusal
from tests.kube.fake.kinds import Kind
from tests.kube.fake.refusal import Doc, Refusal
from tests.kube.fake.select import selector
from tests.kube.fake.state import Change, State

INITIAL_END = {"k8s.io/initial-events-end": "true"}


def page(state: State, kind: Kind, namespace: str | None, query: Mapping[str, str]) -> Doc:
    limit = int(query.get("limit", "0"))
    with state.changed:
        if token := query.get("continue"):
            if token not in state.pages:
                told = "The provided continue parameter is too old to display a consistent list"
                raise Refusal(410, told)
            version, found = state.pages[token]
        else:
            wanted = selector(query)
            version = state.version
            found = [each for each in state.select(kind, namespace) if wanted(each)]
        metadata: Doc = {"continue": "", "resourceVersion": str(version)}
        items, rest = (found[:limit], found[limit:]) if limit else (found, [])
        if rest:
            token = uuid.uuid4().hex
            state.pages[token] = version, rest
            metadata["continue"] = token
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                metadata["remainingItemCount"] = len(rest)
    return {
        "apiVersion": kind.api_version,
        "kind": f"{kind.kind}List",
        "metadata": metadata,
        "items": [_listed(kind, item) for item in items],
    }


def events(
    state: State,
    kind: Kind,
    namespace: str | None,
    query: Mapping[str, str],
    bookmarks: float | None,
    ended: Callable[[], bool],
) -> Iterator[Doc]:
    """Until the time that the query gives is over, `ended` or the resource is gone."""
    deadline = time.monotonic() + float(query.get("timeoutSeconds", "1800"))
    wanted = selector(query)
    asked = query.get("resourceVersion", "")
    initial = query.get("sendInitialEvents") == "true"
    with state.changed:
        version = int(asked) if asked.isdigit() else 0
        first: list[Doc] = []
        if version and version < state.oldest:
            too_old = refusal.too_old(version, state.oldest)
            first = [{"type": "ERROR", "object": too_old.document}]
            deadline = 0.0
        elif initial or version == 0:
            found = [each for each in state.select(kind, namespace) if wanted(each)]
            first = [{"type": "ADDED", "object": each} for each in found]
            version = state.version
        if initial:
            first.append(_bookmark(kind, version, INITIAL_END))
    yield from first
    told = time.monotonic()
    while (now := time.monotonic()) < deadline and not ended():
        if bookmarks is not None and now - told >= bookmarks:
            told = now
            yield _bookmark(kind, version, {})
        version, changes = _after(state, version, min(deadline - now, bookmarks or 0.5))
        for change in changes:
            if change.kind == kind.key and (event := _seen(change, namespace, wanted)):
                yield event
        if (kind.group, kind.version, kind.plural) not in state.kinds:
            return


def _after(state: State, version: int, seconds: float) -> tuple[int, list[Change]]:
    with state.changed:
        if state.version <= version:
            state.changed.wait(seconds)
        start = bisect.bisect_right(state.changes, version, key=lambda change: change.version)
        return max(version, state.version), state.changes[start:]


def _seen(change: Change, namespace: str | None, wanted: Callable[[Doc], bool]) -> Doc | None:
    """A change as somebody sees it who sees the selected objects only."""
    if namespace not in (None, change.document["metadata"].get("namespace", "")):
        return None
    was = change.before is not None and wanted(change.before)
    is_ = change.type != "DELETED" and wanted(change.document)
    if not was and not is_:
        return None
    kind = "MODIFIED" if was and is_ else "ADDED" if is_ else "DELETED"
    return {"type": kind, "object": change.document}


def _bookmark(kind: Kind, version: int, annotations: Doc) -> Doc:
    metadata: Doc = {"resourceVersion": str(version), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    document = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return {"type": "BOOKMARK", "object": document}


def _listed(kind: Kind, item: Doc) -> Doc:
    if kind.custom:
        return item
    return {name: value for name, value in item.items() if name not in ("apiVersion", "kind")}
