"""A home belongs to one kind of store, however its first start ended."""

from pathlib import Path

import pytest

from dphub_k8s.dev import owner
from dphub_k8s.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"DPHUB_HOME": str(tmp_path / "home")})


def kind(settings: Settings) -> Path:
    return settings.store_state / "kind"


def test_a_home_stays_with_its_store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    owner.require(settings)
    owner.require(settings)
    monkeypatch.setenv("DPHUB_STORE", "cluster")
    with pytest.raises(owner.OfAnother, match="products in a directory, not in a cluster"):
        owner.require(settings)


@pytest.mark.parametrize("store", ["directory", "cluster"])
def test_a_start_that_was_cut_short_leaves_the_home_usable(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setenv("DPHUB_STORE", store)
    kind(settings).parent.mkdir(parents=True)
    kind(settings).touch()  # on a disk that was full
    owner.require(settings)
    assert kind(settings).read_text() == store


def test_a_start_writes_only_what_is_not_known(settings: Settings) -> None:
    owner.require(settings)
    before = kind(settings).stat().st_mtime_ns
    owner.require(settings)
    assert kind(settings).stat().st_mtime_ns == before
