"""The service as an ASGI application: `uvicorn dphub_serving.app:app`.

Settings are read and everything else is made when the server starts it, not at import.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from dphub_assets.lake.reader import LakeReader
from dphub_k8s.settings import Settings
from dphub_serving.cache.folder import Folder
from dphub_serving.cache.native import NativeTables
from dphub_serving.catalog.local import Local, LocalBuilds
from dphub_serving.catalog.polling import Polling
from dphub_serving.catalog.reading import CatalogReader
from dphub_serving.catalog.stamp import Stamp
from dphub_serving.edge.compression import Compression
from dphub_serving.edge.forwarded import Forwarded
from dphub_serving.odata import url
from dphub_serving.routes import cors, internal, logs, odata, openapi, problems
from dphub_serving.routes.hub import Hub
from dphub_serving.rows.engine import Engine, EngineLimits
from dphub_serving.rows.flights import Flights
from dphub_serving.rows.lru import Lru
from dphub_serving.secret import link_secret
from dphub_serving.settings import ServingSettings


class _Service(FastAPI):
    """OData goes past the middleware of FastAPI, which took a quarter of the time of a 304, and
    past its router: what a method means there is OData's to say, and a decoded line feed is a
    character of the path like any other."""

    def build_middleware_stack(self) -> ASGIApp:
        others = super().build_middleware_stack()

        async def parted(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope["path"] if scope["type"] == "http" else ""
            if path != url.ROOT and not path.startswith(url.ROOT + "/"):
                answer = others
            else:
                endpoint = openapi.endpoint if openapi.PATH.fullmatch(path) else odata.endpoint
                answer = self.state.guarded[endpoint]
            await answer(scope, receive, send)

        return Forwarded(Compression(parted))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    logs.show()
    settings = ServingSettings.read()
    hub = app.state.hub = _hub(settings)
    endpoints = (odata.endpoint, openapi.endpoint)
    app.state.guarded = {each: cors.guarded(each, settings.cors) for each in endpoints}
    await hub.polling.refresh()
    if catalog := hub.reader.catalog:
        tables = [table for each in catalog.routes.values() for table in each.tables]
        await asyncio.to_thread(hub.native.sweep, tables)
    _end_with_parent()
    tasks = [asyncio.create_task(hub.polling.run())]
    if hub.builds:
        tasks.append(asyncio.create_task(hub.builds.run(hub.product, hub.polling.refresh)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        hub.reader.arrivals.close()
        hub.native.close()
        hub.engine.close()


def _end_with_parent() -> None:
    """A worker whose supervisor was killed would keep the port, and nobody would stop it."""
    if parent := multiprocessing.parent_process():
        stop = partial(os.kill, os.getpid(), signal.SIGTERM)
        asyncio.get_running_loop().add_reader(parent.sentinel, stop)


def _hub(settings: ServingSettings) -> Hub:
    local = Local.load(settings.local, Settings.read()) if settings.local else None
    lake = LakeReader.at(settings.lake, settings.native / "files", settings.native_bytes)
    reader = CatalogReader(lake, local.expected if local else {})
    limits = EngineLimits(
        settings.memory,
        settings.threads,
        settings.spill,
        settings.query_seconds,
        settings.patience_seconds,
    )
    engine = Engine(limits, lake.objects.folder, settings.native)
    return Hub(
        settings=settings,
        reader=reader,
        polling=Polling(reader, settings.poll_seconds, Stamp(settings.native / "stamp")),
        engine=engine,
        native=NativeTables(engine, Folder(settings.native, settings.native_bytes)),
        answers=Lru(settings.cache_bytes, len),
        flights=Flights(),
        secret=link_secret(settings.link_secret, settings.secret_file),
        builds=LocalBuilds(local, settings.native / "local.lock") if local else None,
        refused=dict(local.refused) if local else {},
    )


def create_app() -> FastAPI:
    made = _Service(title="Data Product Hub", openapi_url=None, lifespan=_lifespan)
    made.include_router(internal.router)
    made.add_exception_handler(Exception, problems.elsewhere)
    return made


app = create_app()
