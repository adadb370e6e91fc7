"""Dagster's loops have no setting: their constants are assigned before the stock entry points run.
So are three functions: one that a clock set back would stop, one that looks away too long, and one
that says too much.

Patching, so pinned to the version; a test says when a name is gone.
"""

import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from logging import Logger
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetNode
    from dagster._core.loader import LoadingContext
    from dagster._core.scheduler.instigation import InstigatorState
    from dagster._core.storage.dagster_run import RunRecord
    from dagster._daemon.freshness import FreshnessDaemon

# Below this SQLite, which keeps Dagster's state here, answers "database is locked" now and then.
LOOP_SECONDS = 0.5
WATCH_SECONDS = 0.25
# A thousand products are a million objects that stay: looking through them all again and again took
# more than half of the time in which a code location made its snapshot.
COLLECT_AT = 100_000, 50, 100
# The method of its daemon that looks at one asset.
FRESHNESS = "_evaluate_asset"

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


def notice_a_death_before_the_start() -> None:
    """Dagster asks after the process of a run that has started; before that it waits a minute."""
    from dagster._core.launcher.base import WorkerStatus
    from dagster._daemon.monitoring import run_monitoring

    stock = run_monitoring.monitor_starting_run

    def monitor(instance: "DagsterInstance", run_record: "RunRecord", logger: Logger) -> None:
        run, launcher = run_record.dagster_run, instance.run_launcher
        if launcher.supports_check_run_worker_health:
            health = launcher.check_run_worker_health(run)
            now = instance.get_run_by_id(run.run_id)  # after it: the dead write nothing more
            if health.status is WorkerStatus.FAILED and now and now.status is run.status:
                instance.report_run_failed(now, health.msg)
                return
        stock(instance, run_record, logger)

    run_monitoring.monitor_starting_run = monitor


def say_nothing_of_what_has_no_freshness() -> None:
    """Dagster writes an event for each asset that has no such policy, to say that."""
    from dagster._core.definitions.freshness import FreshnessStateRecord
    from dagster._daemon.freshness import FreshnessDaemon

    stock = FreshnessDaemon._evaluate_asset

    async def evaluate(
        self: "FreshnessDaemon", context: "LoadingContext", node: "BaseAssetNode"
    ) -> bool:
        told = node.freshness_policy_or_from_metadata
        if not told and not await FreshnessStateRecord.gen(context, node.key):
            return False
        return await stock(self, context, node)

    setattr(FreshnessDaemon, FRESHNESS, evaluate)


def instance(_arguments: list[str]) -> int:
    """Two processes that create one SQLite database at the same time leave it unusable."""
    from dagster import DagsterInstance

    DagsterInstance.get().dispose()
    return 0


def daemon(arguments: list[str]) -> int:
    from dagster._daemon.cli import main

    quicken()
    bear_a_clock_set_back()
    notice_a_death_before_the_start()
    say_nothing_of_what_has_no_freshness()
    return run("dagster-daemon", arguments, main)


def webserver(arguments: list[str]) -> int:
    from dagster_webserver.cli import main

    quicken()
    return run("dagster-webserver", arguments, main)


def run(name: str, arguments: list[str], main: Callable[[], object]) -> int:
    """Dagster's commands read `sys.argv` and end the process themselves."""
    gc.set_threshold(*COLLECT_AT)
    sys.argv = [name, *arguments]
    main()
    return 0
