"""The forked child: one run, with the definitions of its own assets alone."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.events import EngineEventData
from dagster._core.origin import JobPythonOrigin
from dagster._core.storage.defs_state.base import set_defs_state_storage
from dagster._grpc.impl import core_execute_run
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

from dphub_assets.graph import scope
from dphub_assets.launcher import process
from dphub_assets.launcher.warm import BIRTH, PID
from dphub_k8s import shards


def work(run_id: str) -> None:
    """Execute the run. What goes wrong is in its event log; an exception means that it is not."""
    with capture_interrupts(), _instance() as instance:
        run = _run(instance, run_id)
        os.environ["DPHUB_SHARD"] = _shard(run)
        os.environ[scope.VARIABLE] = scope.text(run.asset_selection)
        origin = run.job_code_origin
        assert isinstance(origin, JobPythonOrigin)
        instance.report_engine_event(
            f"Forked a process for the run (pid: {os.getpid()}).", run, _in_this_process()
        )
        try:
            for _ in core_execute_run(recon_job_from_origin(origin), run, instance, True):
                pass
        except BaseException:
            if not _run(instance, run_id).is_finished:
                raise


def mourn(run_id: str, status: int) -> None:
    """The process of the run is gone: say so, unless it had come to its end."""
    with _instance() as instance:
        run = _run(instance, run_id)
        if not run.is_finished:
            instance.report_run_failed(run, f"The process of the run {_ended(status)}.")


def _ended(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}; what it said is in the log of the process `warm`"


@contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    with (
        dg.DagsterInstance.get() as instance,
        set_defs_state_storage(instance.defs_state_storage),
    ):
        yield instance


def _run(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    return run


def _shard(run: dg.DagsterRun) -> str:
    """The number of the code location that the run is of; there its state is kept."""
    origin = run.remote_job_origin
    return str(shards.number_of(origin.location_name) if origin else 0)


def _in_this_process() -> EngineEventData:
    pid = os.getpid()
    return EngineEventData(
        {
            PID: dg.MetadataValue.text(str(pid)),
            BIRTH: dg.MetadataValue.text(process.birth(pid) or ""),
        }
    )
