"""Many products in one kubectl apply: all Ready, and told with few writes."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from dphub_k8s import documents
from tests.factories import product
from tests.integration.kube.hub import NAMESPACE, KubeHub, running
from tests.integration.stack import PATIENCE, eventually
from tests.kube import products, writes
from tests.kube.control_plane import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(6 * PATIENCE)]
COUNT = 100
MOST_WRITES = 3
SETTLED_SECONDS = 5.0
STEADY_SECONDS = 20.0
RESOURCE = products.settings(None).products


@pytest.fixture(scope="module")
def hub(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    with running(control_plane, tmp_path_factory.mktemp("hub")) as started:
        yield started


def test_all_are_ready_with_few_writes_and_then_there_are_none(hub: KubeHub) -> None:
    names = {f"many-{number}" for number in range(COUNT)}
    text = "---\n".join(documents.dump(areas(name)) for name in sorted(names))
    client = hub.plane.client
    with writes.counted(client, RESOURCE, NAMESPACE) as counted:
        hub.kubectl("apply", "-f", "-", text=text)
        eventually(lambda: names <= counted.ready(), "all were ready", 4 * PATIENCE)
        counted.settle(SETTLED_SECONDS)
        sent = counted.sent
    assert counted.told.keys() == names
    assert counted.most <= MOST_WRITES, counted.longest()
    assert sent == counted.total
    with writes.counted(client, RESOURCE, NAMESPACE) as counted:
        time.sleep(STEADY_SECONDS)
        assert counted.sent == 0
    assert counted.told == {}


def areas(name: str) -> dict[str, Any]:
    columns = {"suburb": "string", "city": "string", "block": "int"}
    return product(name, sources={"areas": {"path": "areas.parquet"}}, columns=columns)
