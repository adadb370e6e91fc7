"""Disks that are full: small ones, each a file system of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults import full_publisher, processes, products, runs
from tests.integration.stack import PATIENCE, Stack, eventually, running
from tests.processes import lives

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """`hub/home` below `tmp_path`: a file system of `request.param` MB."""
    folder = tmp_path / "hub" / "home"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: a full disk; mounting one needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("disk", [4], indirect=True)
def test_a_disk_that_is_full_at_any_point_of_a_publish_tears_nothing(disk: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.integration.faults.full_publisher", str(disk)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("disk", [256], indirect=True)
def test_a_hub_on_a_full_disk_serves_and_goes_on_when_there_is_room(disk: Path) -> None:
    """Lake, store and Dagster's databases are on it; it fills up in the middle of a build."""
    folder = disk.parent
    (folder / "data").mkdir()
    products.write_small(folder / "data")
    products.write_slow(folder / "data")
    with running(folder) as stack:
        stack.put(products.small("bystander"))
        eventually(lambda: stack.ready("bystander"), "the bystander was ready")
        rows, sequence = stack.rows("bystander"), runs.sequence(stack, "bystander")
        stack.put(products.slow("cut-short"))
        worker = processes.building(stack)
        full_publisher.fill(disk, 0)
        os.kill(worker, signal.SIGCONT)
        stack.put(products.small("too-late"))
        eventually(lambda: not lives(worker), "the build had ended")
        eventually(lambda: "full" in "".join(stack.log), "Dagster said that the disk is full")
        processes.kill(processes.process(stack, "location"))
        died = f"location has ended with status 1, and the disk of {disk} is full"
        eventually(lambda: died in "".join(stack.log), "it had died again")
        assert stack.rows("bystander") == rows
        (disk / "ballast").unlink()
        for name in ("cut-short", "too-late"):
            eventually(lambda each=name: stack.ready(each), f"{name} was ready")  # type: ignore[misc]
        ended = eventually(lambda: runs.settled(stack), "all runs had ended")
        assert runs.of(ended, "bystander") == ["SUCCESS"]
        assert runs.of(ended, "cut-short")[-1] == "SUCCESS"
        assert runs.sequence(stack, "bystander") == sequence


@pytest.mark.parametrize("disk", [4], indirect=True)
def test_a_hub_does_not_start_on_a_full_disk_and_says_so(disk: Path) -> None:
    full_publisher.fill(disk, 0)
    stack = Stack(disk.parent)
    with pytest.raises(AssertionError, match=f"dphub dev: the disk of {disk} is full: make room"):
        stack.start()
    stack.close()
