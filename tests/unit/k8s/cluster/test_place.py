"""Which cluster, and as whom."""

from pathlib import Path

import pytest

from dphub_k8s.cluster import place
from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import Unreachable
from tests.kube.fake.cluster import FakeCluster


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def user(client: Client, fake: FakeCluster) -> str:
    client.list("/api/v1/configmaps")
    return fake.calls[-1].user


def test_a_file_that_is_given_comes_first(
    fake: FakeCluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(fake.kubeconfig(home / "b", "second")))
    assert user(Client.open(fake.kubeconfig(home / "a", "first")), fake) == "first"


def test_then_the_variable_then_the_home(
    fake: FakeCluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".kube").mkdir()
    fake.kubeconfig(home / ".kube" / "config", "third")
    assert user(Client.open(), fake) == "third"
    monkeypatch.setenv("KUBECONFIG", str(fake.kubeconfig(home / "b", "second")))
    assert user(Client.open(), fake) == "second"


def test_the_variable_may_name_several(
    fake: FakeCluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = f"{fake.kubeconfig(home / 'b', 'second')}:{fake.kubeconfig(home / 'c', 'third')}"
    monkeypatch.setenv("KUBECONFIG", both)
    assert user(Client.open(), fake) == "second"


def test_without_any_it_is_said_where_was_looked() -> None:
    with pytest.raises(
        Unreachable, match=r"no cluster in KUBECONFIG, ~/\.kube/config and the"
    ) as e:
        Client.open()
    assert e.value.reason == "NoCluster"


@pytest.mark.parametrize("text", ["", "a: [", "kind: Config", "{}", "[]", "text"])
def test_a_file_that_is_no_kubeconfig_is_named(home: Path, text: str) -> None:
    (home / "config").write_text(text)
    with pytest.raises(Unreachable, match=f"no cluster in {home / 'config'}: "):
        place.configuration(home / "config")


def test_a_file_that_is_not_there_is_named(home: Path) -> None:
    with pytest.raises(Unreachable, match="no cluster in /nowhere: "):
        Client.open(Path("/nowhere"))
