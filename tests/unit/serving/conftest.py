"""The service in this process, over a lake in a folder of the test."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.app import create_app
from tests.unit.serving import related

TOKEN = "open-sesame"


class Client:
    """Asks the application without a socket; its event loop runs in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._http = self._await(self._start())

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.request("GET", url, headers)

    def post(
        self, url: str, content: bytes | str, media: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.request("POST", url, {**(headers or {}), "Content-Type": media}, content)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | str | None = None,
    ) -> httpx.Response:
        asked = self._http.request(method, url, headers=headers, content=content)
        response: httpx.Response = self._await(asked)
        return response

    def raw(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The body as it is sent, in its content coding."""
        return b"".join(self._await(self._raw(url, headers)))

    async def _raw(self, url: str, headers: Mapping[str, str]) -> list[bytes]:
        async with self._http.stream("GET", url, headers=headers) as response:
            return [piece async for piece in response.aiter_raw()]

    def refresh(self) -> None:
        """Let the service look at the lake now."""
        header = {"Authorization": f"Bearer {TOKEN}"}
        assert self.request("POST", "/internal/reload-config", header).status_code == 200

    def close(self) -> None:
        self._await(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> httpx.AsyncClient:
        app = create_app()
        await self._stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://hub.test")
        return await self._stack.enter_async_context(client)

    def _await(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


@contextmanager
def serving(home: Path, **more: str) -> Iterator[Client]:
    """The service over the lake of `home`; it reads it when it starts and when it is told to."""
    settings = {
        "DPHUB_HOME": str(home),
        "DPHUB_RELOAD_TOKEN": TOKEN,
        "DPHUB_POLL_SECONDS": "3600",
        "DPHUB_SERVING_SPILL": str(home / "spill"),
        "DPHUB_SERVING_CACHE_DISK_MB": "0",
        **more,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        started = Client()
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open_at(tmp_path / "lake")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as started:
        yield started


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The products of `related`, to be read only."""
    root = tmp_path_factory.mktemp("related")
    related.publish(root, related.sales(), related.customers())
    with serving(root / "home") as started:
        yield started
