"""One exchange in OData's terms: what the headers ask for, and what every response carries.

It may be an HTTP request of its own or a part of a batch.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from dphub_serving.edge.forwarded import PREFIX
from dphub_serving.odata import etag, negotiation, preferences, url
from dphub_serving.odata.errors import (
    BadRequest,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    echo,
)
from dphub_serving.odata.negotiation import Format, Version
from dphub_serving.odata.preferences import Prefer
from dphub_serving.rows.flights import Gone
from dphub_serving.settings import ServingSettings


@dataclass(frozen=True)
class Exchange:
    """`base` is where `/odata` is for the client; `body` reads what was sent, if it is not longer
    than so many bytes; `gone` returns when the client has left."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
    base: str
    body: Callable[[int], Awaitable[bytes]]
    gone: Gone | None = None
    in_batch: bool = False

    @classmethod
    def of(cls, http: Request, settings: ServingSettings) -> "Exchange":
        async def gone() -> None:
            while (await http.receive())["type"] != "http.disconnect":
                pass

        scope = http.scope
        return cls(
            method=http.method,
            raw_path=scope["raw_path"],
            raw_query=scope["query_string"],
            headers=http.headers,
            base=base(http, settings),
            body=lambda most: _body(http, most),
            gone=gone,
        )

    @cached_property
    def version(self) -> Version:
        """Raises BadRequest."""
        return negotiation.version(self.headers.get("odata-maxversion"))

    @cached_property
    def accept(self) -> str | None:
        return ", ".join(self.headers.getlist("accept")) or None

    @cached_property
    def prefer(self) -> Prefer:
        return preferences.read(self.headers.getlist("prefer"))

    @property
    def isolated(self) -> bool:
        """Raises PreconditionFailed."""
        names = ("isolation", "odata-isolation")
        return negotiation.isolated(self.headers.get(name) for name in names)

    def form(self, option: str | None) -> Format:
        """How data is written. Raises NotAcceptable."""
        return negotiation.data_format(self.accept, option, self.version)

    def not_modified(self, tag: str) -> bool:
        """Whether the client has this state, as is known before anything is read. Other conditions
        wait for a response: one of 404 they do not change (RFC 9110, section 13.2.1)."""
        unless = self._condition("if-none-match")
        return etag.names(unless, tag) and self._as_expected(tag)

    def response(
        self, body: bytes, content_type: str, tag: str, more: Mapping[str, str] | None = None
    ) -> Response:
        """Raises PreconditionFailed."""
        if self._unwanted(tag):
            return self.unchanged(tag)
        headers = {**self._known(tag), "Content-Type": content_type, **(more or {})}
        if self.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(len(body))})
        return Response(body, headers=headers)

    def nothing(self) -> Response:
        """There is a value, and it is null. UI5 would write a tag into it, and fail."""
        return Response(status_code=204, headers={**self.always, "Cache-Control": "no-cache"})

    def unchanged(self, tag: str) -> Response:
        return Response(status_code=304, headers=self._known(tag))

    def _unwanted(self, tag: str) -> bool:
        if not self._as_expected(tag):
            raise PreconditionFailed("the data is in another state than If-Match names")
        return etag.matches(self._condition("if-none-match"), tag)

    def _as_expected(self, tag: str) -> bool:
        condition = self._condition("if-match")
        return condition is None or etag.matches(condition, tag)

    def _condition(self, name: str) -> str | None:
        """What is posted has none."""
        if self.method == "POST" or name not in self.headers:
            return None
        return ", ".join(self.headers.getlist(name))

    @property
    def always(self) -> dict[str, str]:
        try:
            return always(self.version)
        except BadRequest:
            return always("4.0")

    def _known(self, tag: str) -> dict[str, str]:
        # A kept copy is asked for again each time: a 304 costs next to nothing.
        return {**self.always, "ETag": tag, "Cache-Control": "no-cache"}


def always(version: Version) -> dict[str, str]:
    return {"OData-Version": version, "Vary": negotiation.VARY}


def base(http: Request, settings: ServingSettings) -> str:
    prefix = http.scope.get("state", {}).get(PREFIX, "")
    if settings.links == "relative":
        return f"{prefix}{url.ROOT}"
    host = http.headers.get("host") or "localhost"
    return (settings.public_url or f"{http.scope['scheme']}://{host}{prefix}") + url.ROOT


async def _body(http: Request, most: int) -> bytes:
    coding = http.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise UnsupportedMediaType(f"the body has to be sent as it is, not as {echo(coding)}")
    length = http.headers.get("content-length", "")
    # Before anything is read: who waits for `100 Continue` then sends nothing.
    if length.isdecimal() and int(length) > most:
        raise TooLarge(f"the body is longer than {most} bytes")
    found = b""
    try:
        async for piece in http.stream():
            found += piece
            if len(found) > most:
                raise TooLarge(f"the body is longer than {most} bytes")
    except ClientDisconnect as error:
        raise BadRequest("the client has left before the end of the body") from error
    return found
