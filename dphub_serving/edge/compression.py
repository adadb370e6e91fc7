"""Bodies as gzip or zstd, for who accepts it.

Entity tags are weak, so that they hold for every encoding; what is not worth it stays as it is.
"""

from functools import lru_cache, partial

import anyio.to_thread
from backports import zstd
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dphub_serving.odata.headers import qualities

GZIP_LEVEL = 4
ZSTD_LEVEL = 1
# What takes longer than a turn of the event loop should goes to a thread.
THREAD_BYTES = 64 * 1024
# The first is taken where the client has no preference.
OFFERED = ("zstd", "gzip")


class Compression:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        least = scope["app"].state.hub.settings.compress_bytes
        if not least:
            await self.app(scope, receive, send)
            return
        encoding = chosen(Headers(scope=scope).get("accept-encoding", ""))
        app: ASGIApp = self.app
        reply: Send = partial(_varied, send)
        if encoding and scope["method"] == "HEAD":
            reply = partial(_without_length, reply, least)
        elif encoding:
            app = (_Zstd if encoding == "zstd" else _Gzip)(app, least)
        await app(scope, receive, reply)


@lru_cache(64)
def chosen(accept_encoding: str) -> str | None:
    """RFC 9110, section 12.5.3; a coding that is not named is not sent."""
    said = qualities(accept_encoding)
    everything = said.get("*", 0.0)
    wanted = {name: said.get(name, everything) for name in OFFERED}
    best = max(OFFERED, key=lambda name: wanted[name])
    return best if wanted[best] > 0 else None


class _Gzip(GZipResponder):
    def __init__(self, app: ASGIApp, least: int) -> None:
        super().__init__(app, least, compresslevel=GZIP_LEVEL, thread_minimum_size=THREAD_BYTES)


class _Zstd(IdentityResponder):
    content_encoding = "zstd"

    def __init__(self, app: ASGIApp, least: int) -> None:
        super().__init__(app, least)
        self._compressor: zstd.ZstdCompressor | None = None

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        if len(body) < THREAD_BYTES:
            return self._compress(body, more_body)
        return await anyio.to_thread.run_sync(self._compress, body, more_body)

    def _compress(self, body: bytes, more_body: bool) -> bytes:
        if self._compressor is None:
            self._compressor = zstd.ZstdCompressor(ZSTD_LEVEL)
        if more_body:
            return self._compressor.compress(body, zstd.ZstdCompressor.FLUSH_BLOCK)
        return self._compressor.compress(body, zstd.ZstdCompressor.FLUSH_FRAME)


async def _varied(send: Send, message: Message) -> None:
    """A response depends on what is accepted also where it is not compressed, as a 304."""
    if message["type"] == "http.response.start":
        headers = MutableHeaders(raw=message["headers"])
        headers["vary"] = _with_encoding(headers.get("vary", ""))
    await send(message)


@lru_cache(64)
def _with_encoding(vary: str) -> str:
    told = [name.strip() for name in vary.split(",") if name.strip()]
    return ", ".join(dict.fromkeys([*told, "Accept-Encoding"]))


async def _without_length(send: Send, least: int, message: Message) -> None:
    """How long a compressed body would be knows only who makes it."""
    if message["type"] == "http.response.start":
        headers = MutableHeaders(raw=message["headers"])
        if int(headers.get("content-length", "0")) >= least:
            del headers["content-length"]
    await send(message)
