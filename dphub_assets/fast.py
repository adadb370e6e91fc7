"""Dagster's loops have no setting: their constants are assigned before the stock entry points run,
and so is the one function that a clock set back would stop.

Patching, so pinned to the version; a test says when a name is gone.
"""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster._core.scheduler.instigation import InstigatorState

# Below this SQLite, which keeps Dagster's state here, answers "database is locked" now and then.
LOOP_SECONDS = 0.5
WATCH_SECONDS = 0.25

CONSTANTS: Mapping[tuple[str, str], float] = {
    ("dagster._daemon.sensor", "MIN_INTERVAL_LOOP_TIME"): LOOP_SECONDS,
    ("dagster._grpc.server_watcher", "WATCH_INTERVAL"): WATCH_SECONDS,
}


def quicken() -> None:
    """Sets the constants; a name that is gone raises AttributeError."""
    if os.environ.get("DPHUB_STOCK_LOOPS"):
        return
    for (module, name), seconds in CONSTANTS.items():
        loaded = importlib.import_module(module)
        getattr(loaded, name)
        setattr(loaded, name, seconds)


def bear_a_clock_set_back() -> None:
    """A sensor waits until the clock has passed its last tick, which may lie hours ahead then."""
    from dagster._daemon import sensor

    stock = sensor.get_elapsed

    def elapsed(state: "InstigatorState") -> float | None:
        found = stock(state)
        return None if found is None or found < 0 else found

    sensor.get_elapsed = elapsed


def instance(_arguments: list[str]) -> int:
    """Two processes that create one SQLite database at the same time leave it unusable."""
    from dagster import DagsterInstance

    DagsterInstance.get().dispose()
    return 0


def daemon(arguments: list[str]) -> int:
    from dagster._daemon.cli import main

    bear_a_clock_set_back()
    return _run("dagster-daemon", arguments, main)


def webserver(arguments: list[str]) -> int:
    from dagster_webserver.cli import main

    return _run("dagster-webserver", arguments, main)


def _run(name: str, arguments: list[str], main: Callable[[], object]) -> int:
    """Dagster's commands read `sys.argv` and end the process themselves."""
    quicken()
    sys.argv = [name, *arguments]
    main()
    return 0
