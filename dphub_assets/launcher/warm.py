"""Runs in processes that are forked warm: a second where a new process needs four."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterEventType
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.tags import GRPC_INFO_TAG

from dphub_assets.launcher import process, wire
from dphub_assets.launcher.wire import Message, Unanswered

SOCKET = "DPHUB_WARM_SOCKET"
PID, BIRTH = "pid", "birth"  # metadata of the event by which a worker says who it is
log = logging.getLogger("dphub.launcher")


class WarmRunLauncher(DefaultRunLauncher):
    """Asks `python -m dphub_assets warm` for a worker, and the code server where that does not
    answer: a run is never lost, only slower."""

    def launch_run(self, context: LaunchRunContext) -> None:
        run = context.dagster_run
        try:
            _ask({"run": run.run_id})
        except Unanswered as error:
            if SOCKET in os.environ:
                log.warning("run %s gets a process of its own: %s", run.run_id, error)
            super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if GRPC_INFO_TAG in run.tags:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        try:
            return bool(_ask({"terminate": run_id}).get("terminated"))
        except Unanswered as error:
            self._instance.report_engine_event(f"Nobody could be told to stop it: {error}", run)
            return False

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Of a run that has started. Needs no other process, and so has an answer in any fault."""
        told = next(_introductions(self._instance, run.run_id), None)
        if told is None:
            return CheckRunHealthResult(WorkerStatus.UNKNOWN, "no process has said that it is its")
        pid, born = int(told[PID]), process.birth(int(told[PID]))
        if born is None or born != told.get(BIRTH, born):
            return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {pid} is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def _ask(question: Message) -> Message:
    """Raises Unanswered."""
    path = os.environ.get(SOCKET)
    if not path:
        raise Unanswered(f"{SOCKET} is not set")
    answer = wire.ask(Path(path), question)
    if "error" in answer:
        raise Unanswered(f"{path}: {answer['error']}")
    return answer


def _introductions(instance: dg.DagsterInstance, run_id: str) -> Iterator[Mapping[str, Any]]:
    """What the processes of a run have said of themselves, the last first."""
    events = instance.get_records_for_run(
        run_id, of_type=DagsterEventType.ENGINE_EVENT, ascending=False
    )
    for record in events.records:
        if event := record.event_log_entry.dagster_event:
            metadata = event.engine_event_data.metadata
            if PID in metadata:
                yield {key: value.value for key, value in metadata.items()}
