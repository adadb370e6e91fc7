"""States of definitions are written at every change, and Dagster keeps them all: old ones go."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.defs_state.blob_storage_state_storage import UPathDefsStateStorage

KEPT = 20


def purge(instance: dg.DagsterInstance, key: str, kept: int = KEPT) -> None:
    """Once there are twice as many, all but the newest, the one that is loaded next, and those that
    runs under way are to load."""
    storage = instance.defs_state_storage
    if not isinstance(storage, UPathDefsStateStorage):
        return
    folder = (storage.base_path / key).iterdir()
    found = sorted(folder, key=lambda file: file.stat().st_mtime_ns)
    if len(found) < 2 * kept:
        return
    wanted = {storage.get_latest_version(key), *_under_way(instance, key)}
    for file in found[:-kept]:
        if file.name not in wanted:
            file.unlink(missing_ok=True)


def _under_way(instance: dg.DagsterInstance, key: str) -> Iterator[str | None]:
    for run in instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES)):
        if run.has_repository_load_data and run.execution_plan_snapshot_id:
            plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
            loads = plan.repository_load_data
            if loads and loads.defs_state_info:
                yield loads.defs_state_info.get_version(key)
