"""Apply, Ready, OData, edit, break, mend, delete: by kubectl alone."""

from collections.abc import Iterator

import pytest

from tests.integration.kube.hub import KubeHub, running
from tests.integration.stack import NAME, PATIENCE, eventually, example
from tests.kube.control_plane import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]
ROWS = 43_140


@pytest.fixture(scope="module")
def hub(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeHub]:
    with running(control_plane, tmp_path_factory.mktemp("hub")) as started:
        yield started


def test_a_product_lives_by_kubectl_alone(hub: KubeHub) -> None:
    assert "created" in hub.apply(example())
    assert hub.wait()
    assert hub.count() == ROWS
    assert hub.get()["status"]["snapshot"]["rows"] == ROWS

    hub.apply(example(description="Lights out"))
    eventually(hub.observed, "the edit was observed")
    assert hub.wait()
    assert hub.count() == ROWS

    broken = example()
    broken["spec"]["entity"]["columns"].append({"name": "provnce", "type": "string"})
    hub.apply(broken)
    eventually(lambda: "'provnce' is no column" in hub.condition("Ready")["message"], "it said why")
    assert not hub.wait(seconds=3)
    assert hub.count() == ROWS

    hub.apply(example())
    assert hub.wait()
    assert hub.observed()
    assert hub.count() == ROWS

    hub.kubectl("delete", "dp", NAME)
    eventually(lambda: hub.stack.get(f"/odata/{NAME}").status_code == 404, "it was gone")
    assert "No resources found" in hub.kubectl("get", "dp")
