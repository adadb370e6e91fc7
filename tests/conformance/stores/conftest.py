from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from dphub_k8s.cluster.client import Client
from dphub_k8s.stores.base import ProductStore
from dphub_k8s.stores.cluster import ClusterStore
from dphub_k8s.stores.directory import DirectoryStore
from dphub_k8s.stores.memory import MemoryStore
from tests.kube import products
from tests.kube.control_plane import ControlPlane
from tests.kube.fake.cluster import running

Make = Callable[[Path, pytest.FixtureRequest], AbstractContextManager[ProductStore]]


def memory(_: Path, __: pytest.FixtureRequest) -> AbstractContextManager[ProductStore]:
    return nullcontext(MemoryStore())


def directory(folder: Path, _: pytest.FixtureRequest) -> AbstractContextManager[ProductStore]:
    (folder / "products").mkdir()
    return nullcontext(DirectoryStore(folder / "products", folder / "state"))


@contextmanager
def fake_cluster(folder: Path, _: pytest.FixtureRequest) -> Iterator[ProductStore]:
    with running() as fake:
        kubeconfig = fake.kubeconfig(folder / "kubeconfig")
        products.install(Client.open(kubeconfig))
        yield ClusterStore(products.settings(kubeconfig))


@contextmanager
def real_cluster(_: Path, request: pytest.FixtureRequest) -> Iterator[ProductStore]:
    plane: ControlPlane = request.getfixturevalue("control_plane")
    products.install(plane.client)
    products.clear(plane.client)
    yield ClusterStore(products.settings(plane.kubeconfig))
    products.clear(plane.client)


@pytest.fixture(
    params=[
        memory,
        directory,
        fake_cluster,
        pytest.param(real_cluster, marks=pytest.mark.integration),
    ],
    ids=lambda make: make.__name__,
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProductStore]:
    make: Make = request.param
    with make(tmp_path, request) as made:
        yield made
