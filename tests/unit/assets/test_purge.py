"""Old states of definitions go; what anybody may still load stays."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.repository_definition import RepositoryLoadData
from dagster._core.execution.api import create_execution_plan
from dagster._core.storage.defs_state.blob_storage_state_storage import UPathDefsStateStorage
from dagster_shared.serdes.objects.models.defs_state_info import DefsStateInfo

from dphub_assets.loop.purge import purge

KEY = "dphub-products"


@dg.job
def job() -> None:
    pass


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def write(instance: dg.DagsterInstance, tmp_path: Path, count: int) -> None:
    storage = instance.defs_state_storage
    assert storage is not None
    (tmp_path / "state").write_text("{}")
    for number in range(count):
        storage.upload_state_from_path(KEY, str(number), tmp_path / "state")


def states(instance: dg.DagsterInstance) -> list[int]:
    storage = instance.defs_state_storage
    assert isinstance(storage, UPathDefsStateStorage)
    return sorted(int(file.name) for file in (storage.base_path / KEY).iterdir())


def run(instance: dg.DagsterInstance, version: str, status: dg.DagsterRunStatus) -> None:
    loads = RepositoryLoadData({}, defs_state_info=DefsStateInfo.add_version(None, KEY, version))
    plan = create_execution_plan(job, repository_load_data=loads)
    instance.create_run_for_job(job, execution_plan=plan, status=status)


def test_few_stay(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    write(instance, tmp_path, 5)
    purge(instance, KEY, kept=3)
    assert states(instance) == list(range(5))


def test_of_many_stay_the_newest_and_what_may_be_loaded(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    write(instance, tmp_path, 10)
    run(instance, "1", dg.DagsterRunStatus.STARTED)
    run(instance, "2", dg.DagsterRunStatus.SUCCESS)
    run(instance, "4", dg.DagsterRunStatus.STARTING)
    assert instance.defs_state_storage is not None
    instance.defs_state_storage.set_latest_version(KEY, "5")  # as after a reload that failed
    purge(instance, KEY, kept=3)
    assert states(instance) == [1, 4, 5, 7, 8, 9]
