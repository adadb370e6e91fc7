"""kill -9 of each process, idle and in the middle of a build, and of all of them at once.

Afterwards everything is as if nothing had happened: what is declared then is built by one run, what
was lost is built again, nothing else is, and no run is left under way.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.faults import processes, products, runs
from tests.integration.stack import PATIENCE, Stack, eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(4 * PATIENCE),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc"),
]


@contextmanager
def as_if_nothing_had_happened(stack: Stack, name: str, **ends: list[str]) -> Iterator[None]:
    """`ends` are how the runs that the fault is about end; a product `name`, declared after it, is
    built by one run, and nothing else is built."""
    before = eventually(lambda: runs.settled(stack), "all runs had ended")
    sequence, rows = runs.sequence(stack, "bystander"), stack.rows("bystander")
    assert rows
    yield
    stack.put(products.small(name))
    eventually(lambda: stack.ready(name), f"{name} was ready")
    eventually(lambda: stack.rows(name), f"{name} was served")
    eventually(lambda: all(map(stack.ready, ends)), f"{', '.join(ends)} were ready")
    found = eventually(lambda: runs.settled(stack), "all runs had ended")[len(before) :]
    assert {each: runs.of(found, each) for each in map(runs.product, found)} == {
        name: ["SUCCESS"],
        **ends,
    }
    assert runs.sequence(stack, "bystander") == sequence
    assert stack.rows("bystander") == rows


@pytest.mark.parametrize("name", processes.COMMANDS)
def test_an_idle_process_is_killed(stack: Stack, name: str) -> None:
    with as_if_nothing_had_happened(stack, f"after-{name}"):
        pid = processes.process(stack, name)
        processes.kill(pid)
        again = eventually(lambda: other_than(pid, stack, name), f"{name} was started again")
        assert again != pid
    assert f"dphub dev: {name} was killed by SIGKILL; starting it again" in "".join(stack.log)


def other_than(pid: int, stack: Stack, name: str) -> int | None:
    return found if (found := processes.process(stack, name)) != pid else None


def test_everything_is_killed(stack: Stack) -> None:
    with as_if_nothing_had_happened(stack, "after-everything"):
        processes.kill_everything(stack)
        stack.start()


@pytest.mark.parametrize("victim", ["worker", "warm"])
def test_a_build_is_lost_with_its_process_and_made_again(stack: Stack, victim: str) -> None:
    name = f"lost-with-{victim}"
    with as_if_nothing_had_happened(stack, f"after-{name}", **{name: ["FAILURE", "SUCCESS"]}):
        stack.put(products.slow(name))
        worker = processes.building(stack)
        processes.kill(worker if victim == "worker" else processes.process(stack, victim))
        lost(stack, name)


def test_a_build_outlives_all_who_asked_for_it(stack: Stack) -> None:
    name = "outlives"
    with as_if_nothing_had_happened(stack, f"after-{name}", **{name: ["SUCCESS"]}):
        stack.put(products.slow(name))
        worker = processes.building(stack)
        for each in ("daemon", "location", "webserver", "service"):
            processes.kill(processes.process(stack, each))
        os.kill(worker, signal.SIGCONT)


def test_everything_is_killed_in_the_middle_of_a_build(stack: Stack) -> None:
    name = "everything-killed"
    with as_if_nothing_had_happened(stack, f"after-{name}", **{name: ["FAILURE", "SUCCESS"]}):
        stack.put(products.slow(name))
        processes.building(stack)
        processes.kill_everything(stack)
        stack.start()
        lost(stack, name)


def lost(stack: Stack, name: str) -> None:
    """The status says that the run is gone, and when it is tried again."""
    said = eventually(lambda: stack.refusal(name), f"the status of {name} told the loss")
    assert said.startswith("RunLost: ")
    assert said.endswith("(it is tried again)")
