"""`POST …/$batch`: its parts are answered as if each had come alone, and sent as they are ready.

Parts run a few at a time. Of an isolated batch all read the catalog of its beginning.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import Response
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse

from dphub_serving.odata import negotiation, preferences
from dphub_serving.odata.batch import multipart, objects
from dphub_serving.odata.batch.parts import Answer, Part, resolved, units
from dphub_serving.odata.errors import (
    BadRequest,
    DependencyFailed,
    NotAcceptable,
    NotFound,
    ODataError,
    UnsupportedMediaType,
    echo,
)
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.references import Place
from dphub_serving.odata.resources import Batch
from dphub_serving.routes import problems
from dphub_serving.routes.exchange import Exchange

MAX_BYTES = 4_000_000
AHEAD = 4
# What a part has from its batch, unless it says otherwise itself.
_INHERITED = ("accept-language", "isolation", "odata-isolation", "odata-maxversion", "prefer")
_NOT_OF_A_PART = frozenset({"authorization", "host", "cookie"})

Respond = Callable[[Exchange], Awaitable[Response]]


async def answer(exchange: Exchange, path: Batch, respond: Respond) -> Response:
    """`respond` answers a part."""
    for name in ("if-match", "if-none-match"):
        if name in exchange.headers:
            raise BadRequest(f"{name} is for the parts of a batch", target=name)
    given = exchange.headers.get("content-type", "")
    media = given.partition(";")[0].strip().lower()
    if media not in {objects.MEDIA, multipart.MEDIA}:
        wanted = f"a batch is {multipart.MEDIA} or {objects.MEDIA}"
        raise UnsupportedMediaType(f"{wanted}, not {echo(media)}")
    as_json = _as_json(exchange.accept, asked_as=media)
    body = await exchange.body(MAX_BYTES)
    # A long one takes a while.
    parts = await asyncio.to_thread(_parts, body, media, given)
    wish = exchange.prefer.continue_on_error
    goes_on = media == objects.MEDIA if wish is None else wish
    run = _Run(exchange, path, respond)
    answers = run.answers(list(resolved(parts)), goes_on=goes_on)
    followed = preferences.applied(Prefer(continue_on_error=wish), exchange.version)
    headers = {**exchange.always, **followed}
    if as_json:
        headers["Content-Type"] = objects.MEDIA
        return StreamingResponse(_objects(answers), headers=headers)
    boundary = f"batchresponse_{uuid.uuid4().hex}"
    headers["Content-Type"] = multipart.head(boundary)
    return StreamingResponse(_multipart(answers, boundary), headers=headers)


def _parts(body: bytes, media: str, content_type: str) -> list[Part]:
    return objects.read(body) if media == objects.MEDIA else multipart.read(body, content_type)


def _as_json(accept: str | None, *, asked_as: str) -> bool:
    """The format of the responses is that of the requests, unless another one is preferred."""
    both = [asked_as, *({objects.MEDIA, multipart.MEDIA} - {asked_as})]
    found = negotiation.preferred(accept, both)
    if found is None:
        raise NotAcceptable(f"a batch is answered as {multipart.MEDIA} or {objects.MEDIA}")
    return found == objects.MEDIA


async def _objects(answers: AsyncIterator[Answer]) -> AsyncIterator[bytes]:
    yield b'{"responses":['
    first = True
    async for each in answers:
        yield b"".join(objects.write(each, first=first))
        first = False
    yield b"]}"


async def _multipart(answers: AsyncIterator[Answer], boundary: str) -> AsyncIterator[bytes]:
    async for each in answers:
        yield b"".join(multipart.write(each, boundary))
    yield multipart.end(boundary)


@dataclass(frozen=True)
class _Run:
    batch: Exchange
    path: Batch
    respond: Respond

    async def answers(self, parts: Sequence[Part], *, goes_on: bool) -> AsyncIterator[Answer]:
        """In the order of the requests, up to the first that fails or all."""
        waiting: deque[asyncio.Task[list[Answer]]] = deque()
        by_name: dict[str, asyncio.Task[list[Answer]]] = {}
        coming = iter(units(parts))
        try:
            while True:
                while len(waiting) < AHEAD and (unit := next(coming, None)):
                    asked = [name for part in unit for name in part.after]
                    before = [by_name[name] for name in asked if name in by_name]
                    task = asyncio.create_task(self._unit(unit, before))
                    names = {name for part in unit for name in (part.id, part.group) if name}
                    by_name.update(dict.fromkeys(names, task))
                    waiting.append(task)
                if not waiting:
                    return
                for found in await waiting.popleft():
                    yield found
                    if found.failed and not goes_on:
                        return
        finally:
            for task in waiting:
                task.cancel()

    async def _unit(
        self, unit: list[Part], before: list[asyncio.Task[list[Answer]]]
    ) -> list[Answer]:
        failed = await _failed(before, {name for part in unit for name in part.after})
        if failed is not None:
            why = DependencyFailed(f"{echo(failed)} failed")
            return [self._refused(part, why) for part in unit]
        found = [await self._answer(part) for part in unit]
        if len(found) > 1 and any(each.failed for each in found):
            why = DependencyFailed("another request of the group failed")
            return [each if each.failed else self._refused(each.part, why) for each in found]
        return found

    async def _answer(self, part: Part) -> Answer:
        try:
            if part.problem:
                raise part.problem
            return _answered(part, await self.respond(self._exchange(part)))
        except ODataError as problem:
            return self._refused(part, problem)

    def _refused(self, part: Part, problem: ODataError) -> Answer:
        return _answered(part, problems.refused(self.batch, problem))

    def _exchange(self, part: Part) -> Exchange:
        """Raises NotFound for what is elsewhere."""
        batch, host = self.batch, part.header("host")
        place = Place(batch.base, batch.headers.get("host"))
        if not place.is_host(host):
            raise NotFound(f"{echo(str(host))} is another host than the one of the batch")
        raw_path, raw_query = place.within(self.path.service, part.reference)

        async def body(_: int) -> bytes:
            return part.body

        return Exchange(
            method=part.method,
            raw_path=raw_path,
            raw_query=raw_query,
            headers=_headers(part, batch.headers),
            base=batch.base,
            body=body,
            in_batch=True,
        )


async def _failed(before: list[asyncio.Task[list[Answer]]], names: set[str]) -> str | None:
    for task in before:
        for each in await task:
            if each.failed and (name := next(iter({each.part.id, each.part.group} & names), None)):
                return name
    return None


def _answered(part: Part, response: Response) -> Answer:
    headers = dict(response.headers.items())
    return Answer(part, response.status_code, headers, bytes(response.body))


def _headers(part: Part, batch: Headers) -> Headers:
    own = [(name, value) for name, value in part.headers if name not in _NOT_OF_A_PART]
    names = {name for name, _ in own}
    for name in _INHERITED:
        # Of each preference the first counts.
        if name == "prefer" or name not in names:
            own += [(name, value) for value in batch.getlist(name)]
    if "accept" not in names and (accept := ", ".join(batch.getlist("accept"))):
        own += [("accept", kept)] if (kept := negotiation.without_multipart(accept)) else []
    encoded = [(n.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for n, v in own]
    return Headers(raw=encoded)
