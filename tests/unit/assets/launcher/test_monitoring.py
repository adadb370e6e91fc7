"""A run whose process dies before the run has started is not waited for."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._daemon.monitoring import run_monitoring

from dphub_assets.host import fast
from dphub_assets.launcher.process import birth
from dphub_assets.launcher.warm import BIRTH, PID

LAUNCHER = {"module": "dphub_assets.launcher.warm", "class": "WarmRunLauncher"}


@dg.job
def job() -> None:
    pass


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setattr(run_monitoring, "monitor_starting_run", run_monitoring.monitor_starting_run)
    fast.notice_a_death_before_the_start()
    overrides = {"run_launcher": LAUNCHER, "run_monitoring": {"enabled": True}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as made:
        yield made


def after_a_look(instance: dg.DagsterInstance, pid: int | None) -> dg.DagsterRunStatus:
    """What becomes of a run that this process has said to be its own."""
    run = instance.create_run_for_job(job)
    instance.report_dagster_event(
        dg.DagsterEvent("PIPELINE_STARTING", job_name=run.job_name), run.run_id
    )
    if pid is not None:
        said = {PID: str(pid), BIRTH: birth(pid) or ""}
        instance.report_engine_event(
            "here", run, EngineEventData({k: dg.MetadataValue.text(v) for k, v in said.items()})
        )
    (record,) = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
    assert record.dagster_run.status is dg.DagsterRunStatus.STARTING
    run_monitoring.monitor_starting_run(instance, record, logging.getLogger())
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found.status


def test_a_run_whose_process_is_gone_has_failed(instance: dg.DagsterInstance) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert after_a_look(instance, ended.pid) is dg.DagsterRunStatus.FAILURE


def test_a_run_that_still_may_start_is_left_alone(instance: dg.DagsterInstance) -> None:
    assert after_a_look(instance, os.getpid()) is dg.DagsterRunStatus.STARTING
    assert after_a_look(instance, None) is dg.DagsterRunStatus.STARTING
