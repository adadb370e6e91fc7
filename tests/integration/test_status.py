"""`dphub status` against the real hub, and behind it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import factories
from tests.integration.stack import (
    NAME,
    Stack,
    eventually,
    example,
    is_true,
    running_over_the_example,
)

pytestmark = pytest.mark.integration

WRONG = factories.product("wrong", sources=["areas"], columns={"suburb": "int"})


def asked(stack: Stack, *options: str) -> subprocess.CompletedProcess[str]:
    folders = ["--products", str(stack.products), "--home", str(stack.home)]
    return subprocess.run(
        [sys.executable, "-m", "dphub_k8s", "status", *folders, *options],
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_tells_of_runs_and_what_follows(tmp_path: Path) -> None:
    with running_over_the_example(tmp_path) as stack:
        stack.put(example())
        ready = eventually(stack.ready, "the product was ready")
        assert is_true(ready, "Served")
        assert ready.entity_url is not None
        assert httpx.get(ready.entity_url, timeout=30).status_code == 200
        assert asked(stack).returncode == 0
        stack.put(WRONG)
        eventually(lambda: stack.refusal("wrong"), "the other one failed")
        found = {one["name"]: one for one in json.loads(asked(stack, "-o", "json").stdout)}
        runs = {run["runId"]: run["status"] for run in stack.runs()}
        for name, state, result in ((NAME, "Ready", "Succeeded"), ("wrong", "Failed", "Failed")):
            one: dict[str, Any] = found[name]
            assert (one["state"], one["lastRun"]["result"], one["next"]) == (state, result, [])
            assert runs[one["lastRun"]["id"]] == {"Succeeded": "SUCCESS"}.get(result, "FAILURE")
        (stack.data / "areas.parquet").unlink()
        waits = eventually(lambda: _waiting(stack), "both waited for the file")
        # What is declared is served, with data of before; of the other nothing is.
        assert waits == {NAME: True, "wrong": False}
        assert asked(stack).stderr == ""
    run = asked(stack)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (1, "2 products: 2 waiting")
    assert run.stderr.startswith("no `dphub dev` uses ")


def _waiting(stack: Stack) -> dict[str, bool] | None:
    """Whether each is ready, once both wait."""
    found = json.loads(asked(stack, "-o", "json").stdout)
    waits = {one["name"]: one["ready"] for one in found if one["state"] == "Waiting"}
    return waits if len(waits) == len(found) else None
