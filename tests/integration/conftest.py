from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stack import Stack, running_over_the_example

SMOKE = "test_smoke.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != SMOKE)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if item.path.name == SMOKE and call.excinfo:
        item.session.shouldstop = "the hub does not start and build: no other test was tried"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A hub of the module's own, without a product, with the example's data."""
    folder: Path = tmp_path_factory.mktemp("hub")
    with running_over_the_example(folder) as running_stack:
        yield running_stack
