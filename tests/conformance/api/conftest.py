"""Both API servers: the one in memory, and the real one."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from dphub_k8s.cluster.client import Client
from tests.integration.stack import PATIENCE
from tests.kube.control_plane import ControlPlane
from tests.kube.fake import cluster
from tests.kube.fake.cluster import FakeCluster
from tests.kube.install import install
from tests.kube.widgets import NAMESPACES, WIDGETS, crd

Server = FakeCluster | ControlPlane
REAL = (pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE))


@pytest.fixture(
    scope="session",
    params=["fake", pytest.param("real", marks=REAL)],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "fake":
        with cluster.running() as started:
            yield started
    else:
        yield request.getfixturevalue("control_plane")


@pytest.fixture(scope="session")
def kubeconfigs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if isinstance(server, ControlPlane):
        return {user: server.user(user) for user in ("admin", "nobody")}
    folder = tmp_path_factory.mktemp("users")
    return {user: server.kubeconfig(folder / user, user) for user in ("admin", "nobody")}


@pytest.fixture(scope="session")
def client(kubeconfigs: dict[str, Path]) -> Client:
    client = Client.open(kubeconfigs["admin"])
    install(client, crd())
    return client


@pytest.fixture
def nobody(kubeconfigs: dict[str, Path]) -> Client:
    return Client.open(kubeconfigs["nobody"])


@pytest.fixture
def namespace(client: Client) -> Iterator[str]:
    name = f"test-{uuid4().hex[:8]}"
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    client.call("POST", NAMESPACES.path(), body=document)
    yield name
    client.call("DELETE", NAMESPACES.path(name=name))


@pytest.fixture
def forget(server: Server, client: Client) -> "Forget":
    return Forget(server, client)


class Forget:
    """Makes the API server forget the past."""

    def __init__(self, server: Server, client: Client) -> None:
        self._server = server
        self._client = client

    def __call__(self) -> str:
        """A version that is too old to watch from now on."""
        if isinstance(self._server, FakeCluster):
            self._server.compact()
            return "1"
        ports = json.loads((self._server.folder / "ports.json").read_text())
        revision = self._client.list(WIDGETS.path()).version
        answer = httpx.post(
            f"http://127.0.0.1:{ports['etcd']}/v3/kv/compaction", json={"revision": revision}
        )
        assert answer.status_code == 200, answer.text
        return "1"

    def token(self, token: str) -> str:
        """A token for the next page that is too old, of one that is not."""
        self()
        if isinstance(self._server, FakeCluster):
            return token
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return base64.urlsafe_b64encode(json.dumps({**told, "rv": 1}).encode()).decode().rstrip("=")
