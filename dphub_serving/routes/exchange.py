"""One HTTP exchange in OData's terms: what the headers ask for, and what every response carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fastapi import Request, Response

from dphub_serving.edge.forwarded import PREFIX
from dphub_serving.odata import etag, negotiation, url
from dphub_serving.odata.negotiation import Format, Version
from dphub_serving.settings import ServingSettings


@dataclass(frozen=True)
class Exchange:
    """`base` is where `/odata` is for the client."""

    http: Request
    version: Version
    base: str

    @classmethod
    def of(cls, http: Request, settings: ServingSettings) -> "Exchange":
        version = negotiation.version(http.headers.get("odata-maxversion"))
        return cls(http, version, base(http, settings))

    @cached_property
    def accept(self) -> str | None:
        return ", ".join(self.http.headers.getlist("accept")) or None

    @cached_property
    def maxpagesize(self) -> int | None:
        return negotiation.prefer(self.http.headers.getlist("prefer")).maxpagesize

    async def gone(self) -> None:
        """Returns when the client has left."""
        while (await self.http.receive())["type"] != "http.disconnect":
            pass

    def form(self, option: str | None) -> Format:
        """How data is written. Raises NotAcceptable."""
        return negotiation.data_format(self.accept, option, self.version)

    def not_modified(self, tag: str) -> bool:
        """Raises PreconditionFailed."""
        given = self.http.headers
        return etag.not_modified(tag, given.get("if-match"), given.get("if-none-match"))

    def response(
        self, body: bytes, content_type: str, tag: str, more: Mapping[str, str] | None = None
    ) -> Response:
        headers = {**self._known(tag), "Content-Type": content_type, **(more or {})}
        if self.http.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(len(body))})
        return Response(body, headers=headers)

    def unchanged(self, tag: str) -> Response:
        return Response(status_code=304, headers=self._known(tag))

    @property
    def always(self) -> dict[str, str]:
        return always(self.version)

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
