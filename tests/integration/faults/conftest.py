from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults import products
from tests.integration.stack import Stack, eventually, running


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One hub for all faults that a hub survives, with one product that none of them may touch."""
    folder: Path = tmp_path_factory.mktemp("hub")
    (folder / "data").mkdir()
    products.write_small(folder / "data")
    products.write_slow(folder / "data")
    with running(folder) as found:
        found.put(products.small("bystander"))
        eventually(lambda: found.ready("bystander"), "the bystander was ready")
        yield found
