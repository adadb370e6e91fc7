"""Fixtures for every test: a real control plane, and an API server in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_k8s.cluster.client import Client
from tests.kube import programs
from tests.kube.control_plane import ControlPlane
from tests.kube.fake import cluster
from tests.kube.fake.cluster import FakeCluster


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Skips where `make kube` has not built one. Shared: use a namespace of your own."""
    try:
        plane = ControlPlane(tmp_path_factory.mktemp("kube"))
    except programs.Missing as missing:
        pytest.skip(str(missing))
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with cluster.running() as started:
        yield started


@pytest.fixture
def fake_client(fake: FakeCluster, tmp_path: Path) -> Client:
    return Client.open(fake.kubeconfig(tmp_path / "kubeconfig"))
