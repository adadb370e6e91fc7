"""Runs in forked workers, against the real hub: killed, ended by hand, and without the forker."""

import os
import signal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.factories import product
from tests.integration.stack import Stack, eventually, example
from tests.processes import children, command

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for processes in /proc"),
]

# Joined with itself on a constant: seconds of work.
MANY = 5_000
EVERY_PAIR = product(
    "pairs",
    sources={
        "left": {"path": "many.parquet"},
        "right": {"path": "many.parquet", "rename": {"value": "other"}},
    },
    joins=[{"left": "left", "right": "right", "on": ["one"], "how": "inner"}],
    columns={"value": "int", "other": "int"},
)


def test_a_run_is_forked_from_a_process_with_one_thread(stack: Stack) -> None:
    put(stack, "forked")
    assert ended(stack, "forked") == ["SUCCESS"]
    (run,) = runs(stack, "forked")
    told = engine_events(stack, run["runId"])
    assert any("Forked a process" in message for message in told)
    assert len(list(Path(f"/proc/{forker(stack)}/task").iterdir())) == 1


def test_a_killed_worker_is_noticed_and_replaced(stack: Stack) -> None:
    put(stack, "killed")
    os.kill(eventually(lambda: worker(stack), "a worker was there"), signal.SIGKILL)
    lost = eventually(lambda: finished(stack, "killed"), "the run had ended")
    assert [run["status"] for run in lost] == ["FAILURE"]
    assert any("was ended by SIGKILL" in told for told in messages(stack, lost[0]["runId"]))
    assert sorted(ended(stack, "killed")) == ["FAILURE", "SUCCESS"]


def test_a_run_can_be_ended_by_hand(stack: Stack) -> None:
    pl.DataFrame({"one": [1] * MANY, "value": range(MANY)}).write_parquet(
        stack.data / "many.parquet"
    )
    stack.put(EVERY_PAIR)
    eventually(lambda: building(stack, "pairs"), "the build had begun")
    (run,) = runs(stack, "pairs")
    mutation = 'mutation{terminateRun(runId:"%s"){__typename}}'
    answer = stack.graphql(mutation % run["runId"])
    assert answer["terminateRun"]["__typename"] == "TerminateRunSuccess"
    over = eventually(lambda: finished(stack, "pairs"), "the run had ended")
    assert over[0]["status"] == "CANCELED"
    (stack.products / "pairs.yaml").unlink()


def test_without_the_forker_a_run_is_slower_and_there_once(stack: Stack) -> None:
    os.kill(forker(stack), signal.SIGSTOP)
    try:
        put(stack, "slower")
        assert ended(stack, "slower") == ["SUCCESS"]
    finally:
        os.kill(forker(stack), signal.SIGCONT)
    (run,) = runs(stack, "slower")
    told = engine_events(stack, run["runId"])
    assert any("Started process for run" in message for message in told)
    put(stack, "again")
    assert ended(stack, "again") == ["SUCCESS"]
    # The question that came too late was not taken up.
    assert engine_events(stack, run["runId"]) == told


def put(stack: Stack, name: str) -> None:
    document = example()
    document["metadata"]["name"] = name
    document["spec"]["api"]["path"] = f"/{name}"
    stack.put(document)


def forker(stack: Stack) -> int:
    """The process that `dphub dev` has started; its children look like it."""
    assert stack.process is not None
    (pid,) = (child for child in children(stack.process.pid) if "warm" in command(child))
    return pid


def worker(stack: Stack) -> int | None:
    return next(iter(children(forker(stack))), None)


def runs(stack: Stack, name: str) -> list[dict[str, Any]]:
    """Of this product, the oldest first."""
    tag = {"key": "dphub.io/product", "value": name}
    return [run for run in reversed(stack.runs()) if tag in run["tags"]]


def finished(stack: Stack, name: str) -> list[dict[str, Any]]:
    ends = ("SUCCESS", "FAILURE", "CANCELED")
    return [run for run in runs(stack, name) if run["status"] in ends]


def building(stack: Stack, name: str) -> bool:
    return any(
        "joining, sorting" in told
        for run in runs(stack, name)
        for told in messages(stack, run["runId"])
    )


def ended(stack: Stack, name: str) -> list[str]:
    """How the runs of a product have ended, once it is served."""
    eventually(lambda: stack.ready(name), f"{name} was served")

    def succeeded() -> list[str]:
        found = [run["status"] for run in finished(stack, name)]
        return found if "SUCCESS" in found else []

    return eventually(succeeded, f"the run of {name} had ended")


def messages(stack: Stack, run_id: str) -> list[str]:
    query = '{logsForRun(runId:"%s"){...on EventConnection{events{...on MessageEvent{message}}}}}'
    events = stack.graphql(query % run_id)["logsForRun"]["events"]
    return [event["message"] for event in events if "message" in event]


def engine_events(stack: Stack, run_id: str) -> list[str]:
    return [told for told in messages(stack, run_id) if "process" in told.lower()]
