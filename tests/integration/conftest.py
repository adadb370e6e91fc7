from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stack import Stack, running_over_the_example


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A hub of the module's own, without a product, with the example's data."""
    folder: Path = tmp_path_factory.mktemp("hub")
    with running_over_the_example(folder) as running_stack:
        yield running_stack
