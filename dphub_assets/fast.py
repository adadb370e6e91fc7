"""Dagster's loops have no setting: their constants are assigned before the stock entry points run.

Patching, so pinned to the version; a test says when a name is gone.
"""

import importlib
import os
import sys
from collections.abc import Callable, Mapping

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


def daemon(arguments: list[str]) -> int:
    from dagster._daemon.cli import main

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
