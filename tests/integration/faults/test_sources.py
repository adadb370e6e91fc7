"""Sources that vanish, break, change while they are read, or change their schema."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.integration.faults import processes, products, runs
from tests.integration.stack import PATIENCE, Stack, eventually, is_true

pytestmark = [pytest.mark.integration, pytest.mark.timeout(4 * PATIENCE)]


def declared(stack: Stack, name: str, rows: int = 10) -> Path:
    """The source of a product that is served from it."""
    source = products.write_small(stack.data, rows, f"{name}.parquet")
    stack.put(products.small(name, source.name))
    eventually(lambda: stack.ready(name), f"{name} was ready")
    return source


def served(stack: Stack, name: str, rows: int) -> bool:
    status = stack.ready(name)
    return bool(status and status.snapshot and status.snapshot.rows == rows)


def refused(stack: Stack, name: str, reason: str) -> str:
    """What the status says once it gives this reason; what was served before still is."""

    def told() -> str | None:
        found = stack.refusal(name)
        return found if found and found.startswith(f"{reason}: ") else None

    said = eventually(told, f"{name} said {reason}")
    status = stack.status(name)
    assert status is not None
    assert all(is_true(status, kind) for kind in ("Served", "Ready"))
    assert len(stack.rows(name) or []) == 10
    return said


def test_a_source_that_is_gone_for_a_while_costs_no_build(stack: Stack) -> None:
    source = declared(stack, "gone")
    aside = source.rename(source.with_suffix(".aside"))
    assert "waiting for gone.parquet" in refused(stack, "gone", "SourceMissing")
    aside.rename(source)
    eventually(lambda: stack.ready("gone"), "gone was ready again")
    assert runs.of(eventually(lambda: runs.settled(stack), "all was done"), "gone") == ["SUCCESS"]


def truncate(source: Path) -> None:
    os.truncate(source, source.stat().st_size // 2)


def break_a_page(source: Path) -> None:
    """The footer stays whole."""
    data = source.read_bytes()
    source.write_bytes(data[:4] + bytes(40) + data[44:])


@pytest.mark.parametrize("damage", [truncate, break_a_page])
def test_a_broken_source_is_tried_again_and_holds_up_nobody(
    stack: Stack, damage: Callable[[Path], None]
) -> None:
    name = damage.__name__.replace("_", "-")
    source = declared(stack, name)
    damage(source)
    assert "(it is tried again)" in refused(stack, name, "SourceUnreadable")
    stack.put(products.small(f"beside-{name}"))
    eventually(lambda: stack.ready(f"beside-{name}"), "the neighbour was ready")

    def attempts() -> bool:
        return runs.of(stack.runs(), name).count("FAILURE") > 1

    eventually(attempts, "another attempt was made")
    products.write_small(stack.data, 20, source.name)
    eventually(lambda: served(stack, name, 20), "the mended source was published")


def test_a_source_that_changes_in_the_middle_of_a_build_is_read_again(stack: Stack) -> None:
    eventually(lambda: runs.settled(stack), "nothing else was built")
    source = stack.data / "changing.parquet"
    products.write_side(source, "a")
    stack.put(products.slow("changing", source.name))
    worker = processes.building(stack)
    products.write_side(source, "a", rows=10)
    os.kill(worker, signal.SIGCONT)
    eventually(lambda: served(stack, "changing", 10 * products.SIDE), "the new rows were served")
    ends = runs.of(eventually(lambda: runs.settled(stack), "all was done"), "changing")
    assert ends == ["FAILURE", "SUCCESS"]


@pytest.mark.parametrize(
    ("name", "columns", "reason"),
    [
        ("renamed-column", {"count": [1, 2, 3]}, "UnknownColumn"),
        ("other-type", {"number": ["one", "two", "three"]}, "CastFailed"),
    ],
)
def test_a_schema_that_does_not_fit_waits_for_an_edit(
    stack: Stack, name: str, columns: dict[str, list[object]], reason: str
) -> None:
    source = declared(stack, name)
    pl.DataFrame(columns).write_parquet(source)
    assert "(edit the product or its sources)" in refused(stack, name, reason)
    products.write_small(stack.data, 20, source.name)
    eventually(lambda: served(stack, name, 20), "the mended source was published")


def test_a_build_that_hangs_delays_nobody(stack: Stack) -> None:
    eventually(lambda: runs.settled(stack), "nothing else was built")
    stack.put(products.slow("hanging"))
    worker = processes.building(stack)
    stack.put(products.small("beside-hanging"))
    eventually(lambda: stack.ready("beside-hanging"), "the neighbour was ready")
    assert stack.ready("hanging") is None
    os.kill(worker, signal.SIGCONT)
    eventually(lambda: stack.ready("hanging"), "the build went on")
