"""Dagster's daemon tells the freshness of what has a policy, and of nothing else."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import instance_for_test
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.freshness import FreshnessDaemon

from dphub_assets.host import fast

CODE = """
from datetime import timedelta
import dagster as dg
policy = dg.FreshnessPolicy.time_window(timedelta(hours=1))
defs = dg.Definitions([dg.AssetSpec("kept", freshness_policy=policy), dg.AssetSpec("bare")])
"""


def test_an_asset_without_a_policy_makes_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FreshnessDaemon, fast.FRESHNESS, FreshnessDaemon._evaluate_asset)
    fast.say_nothing_of_what_has_no_freshness()
    file = tmp_path / "code.py"
    file.write_text(CODE)
    target = PythonFileTarget(str(file), "defs", str(tmp_path), "here")
    with (
        instance_for_test(temp_dir=str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, target) as workspace,
    ):
        list(FreshnessDaemon().run_iteration(workspace))
        keys = [dg.AssetKey("kept"), dg.AssetKey("bare")]
        assert set(instance.get_freshness_state_records(keys)) == {dg.AssetKey("kept")}
