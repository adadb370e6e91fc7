"""Raw calls to the API server.

The official client's own calls are not used: its watch decodes every event three times and fails on
some, and its lists of custom resources hold everything at once.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from urllib3 import BaseHTTPResponse

from dphub_k8s.cluster import place, watch
from dphub_k8s.cluster.connection import JSON, Connection, Request
from dphub_k8s.cluster.errors import Expired, foreign, refused
from dphub_k8s.cluster.watch import Event, Item

Query = Mapping[str, str | int]
Kept = TypeVar("Kept")

PAGE = 500
LISTINGS = 4
RETRIES = 4
# Beyond the time after which the server was asked to end a watch.
GRACE_SECONDS = 10.0
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
RESOURCES = ("/api/", "/apis/")
CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Listing(Generic[Kept]):
    """All items at one `version`, from which a watch goes on."""

    items: tuple[Kept, ...]
    version: str


class Client:
    """For any number of threads, but not for both sides of a fork."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, kubeconfig: Path | None = None) -> "Client":
        """Raises Unreachable when no cluster is configured; asks nothing of it yet."""
        return cls(Connection(lambda: place.configuration(kubeconfig)))

    @property
    def host(self) -> str:
        return self._connection.host

    def call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Any = None,
        content_type: str = JSON,
        seconds: float = CALL_SECONDS,
    ) -> Any:
        """The answer, decoded if it is JSON. Raises ApiError.

        429 and 503 are tried again when their Retry-After says, within `seconds`.
        """
        request = Request(method, path, query or {}, body, content_type)
        deadline = time.monotonic() + seconds
        for attempt in range(RETRIES + 1):
            with self._connection.answer(request, seconds) as answer:
                if answer.status < 300:
                    return _decoded(request, answer)
            wait = _wait(answer)
            if wait is None or attempt == RETRIES or time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
        raise refused(str(request), answer.status, answer.data)

    @overload
    def list(self, path: str, query: Query | None = None) -> Listing[Item]: ...
    @overload
    def list(
        self, path: str, query: Query | None = None, *, keep: Callable[[Item], Kept]
    ) -> Listing[Kept]: ...
    def list(
        self, path: str, query: Query | None = None, *, keep: Callable[[Item], Any] | None = None
    ) -> Listing[Any]:
        """Everything, read in pages, as of one version. Raises ApiError.

        `keep` makes of each item what is kept of it, so that one page at a time is in memory. It
        sees items again where a page has expired: the listing then begins anew.
        """
        for _ in range(LISTINGS - 1):
            try:
                return self._pages(path, query or {}, keep)
            except Expired:
                continue
        return self._pages(path, query or {}, keep)

    def watch(
        self, path: str, version: str, seconds: float, query: Query | None = None
    ) -> Iterator[Event]:
        """What changes after `version`, as it happens, until the server ends it after `seconds`.

        Raises Expired when `version` is too old, Unreachable where the connection breaks off.
        """
        asked: dict[str, str | int] = {
            **(query or {}),
            "watch": "true",
            "resourceVersion": version,
            "timeoutSeconds": max(1, round(seconds)),
            "allowWatchBookmarks": "true",
        }
        request = Request("GET", path, asked)
        with self._connection.answer(request, seconds + GRACE_SECONDS, stream=True) as answer:
            if answer.status != 200:
                raise refused(str(request), answer.status, answer.data)
            kind = answer.headers.get("Content-Type", "")
            if not kind.startswith(JSON):
                raise foreign(str(request), answer.status, kind)
            yield from watch.events(str(request), answer.stream(65_536))

    def apply(
        self,
        path: str,
        manifest: Mapping[str, Any],
        manager: str,
        force: bool = True,
        seconds: float = CALL_SECONDS,
    ) -> dict[str, Any]:
        """Server-side apply. Raises ApiError: without `force` a 409 names the other managers."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        applied: dict[str, Any] = self.call("PATCH", path, query, manifest, APPLY_PATCH, seconds)
        return applied

    def _pages(self, path: str, query: Query, keep: Callable[[Item], Any] | None) -> Listing[Any]:
        items: list[Any] = []
        page: dict[str, str | int] = {"limit": PAGE, **query}
        while True:
            answer = self.call("GET", path, page)
            if not isinstance(answer, dict) or "items" not in answer:
                raise foreign(f"GET {path}", 200, "no list")
            items.extend(map(keep, answer["items"]) if keep else answer["items"])
            metadata = answer["metadata"]
            if not metadata.get("continue"):
                return Listing(tuple(items), metadata["resourceVersion"])
            page["continue"] = metadata["continue"]


def _decoded(request: Request, answer: BaseHTTPResponse) -> Any:
    """Text of what is no resource, as `/readyz`."""
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(JSON):
        if request.path.startswith(RESOURCES):
            raise foreign(str(request), answer.status, kind)
        return answer.data.decode()
    try:
        return json.loads(answer.data)
    except ValueError as error:
        raise foreign(str(request), answer.status, str(error)) from error


def _wait(answer: BaseHTTPResponse) -> float | None:
    """Seconds until the request may be sent again."""
    after = answer.headers.get("Retry-After", "")
    return float(after) if answer.status in (429, 503) and after.isdigit() else None
