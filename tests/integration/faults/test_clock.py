"""The clock on the wall is set forward and back, by hours, under a running hub."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults import products, runs
from tests.integration.stack import PATIENCE, Stack, eventually, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]
HOURS = 3 * 3600


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that moves it."""
    folder: Path = tmp_path_factory.mktemp("clock")
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("NOT TESTED: a clock that moves; its preloaded library needs a C compiler")
    source, library = Path(__file__).with_name("clock.c"), folder / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    move(folder / "moved", 0)
    return folder / "moved"


@pytest.fixture(scope="module")
def stack(clock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("hub")
    (folder / "data").mkdir()
    products.write_small(folder / "data")
    preload = {"LD_PRELOAD": str(clock.with_name("clock.so")), "MOVED_CLOCK": str(clock)}
    with running(folder, **preload) as found:
        found.put(products.small("bystander"))
        eventually(lambda: found.ready("bystander"), "the bystander was ready")
        yield found


def move(clock: Path, seconds: int) -> None:
    with clock.open("r+b" if clock.exists() else "wb") as file:
        file.write(struct.pack("=q", seconds))


def test_a_clock_that_moves_loses_no_build_and_freezes_none(stack: Stack, clock: Path) -> None:
    """A product fails before each move and is mended after it; another one comes new."""
    rows = stack.rows("bystander")
    for number, hours in enumerate((HOURS, 0, -HOURS), 1):
        source = products.write_small(stack.data, 10, f"{number}.parquet")
        whole = source.read_bytes()
        source.write_bytes(whole[:-8])
        stack.put(products.small(f"failing-{number}", source.name))

        def failed(name: str = f"failing-{number}") -> bool:
            return (stack.refusal(name) or "").startswith("SourceUnreadable: ")

        eventually(failed, "the broken product said so")
        move(clock, hours)
        stack.put(products.small(f"new-{number}"))
        eventually(lambda name=f"new-{number}": stack.ready(name), "the new one was ready")  # type: ignore[misc]
        tried = runs.of(stack.runs(), f"failing-{number}").count("FAILURE")

        def tried_again(name: str = f"failing-{number}", before: int = tried) -> bool:
            return runs.of(stack.runs(), name).count("FAILURE") > before

        eventually(tried_again, "the broken one was tried again")
        source.write_bytes(whole)
        eventually(lambda name=f"failing-{number}": stack.ready(name), "it was ready")  # type: ignore[misc]
    assert stack.rows("bystander") == rows
    found = eventually(lambda: runs.settled(stack), "all runs had ended")
    assert runs.of(found, "bystander") == ["SUCCESS"]
