from collections.abc import Callable
from pathlib import Path

import pytest

from dphub_k8s.stores.base import ProductStore
from dphub_k8s.stores.directory import DirectoryStore
from dphub_k8s.stores.memory import MemoryStore


def memory(_: Path) -> ProductStore:
    return MemoryStore()


def directory(folder: Path) -> ProductStore:
    (folder / "products").mkdir()
    return DirectoryStore(folder / "products", folder / "state")


@pytest.fixture(params=[memory, directory], ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ProductStore:
    make: Callable[[Path], ProductStore] = request.param
    return make(tmp_path)
