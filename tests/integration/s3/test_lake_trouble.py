"""A publish to a bucket that is killed at any request, or whose answers get lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from tests.integration.s3.proxy import Proxy, arm
from tests.integration.stack import ROOT
from tests.lake_documents import identity, product, publish

pytestmark = pytest.mark.integration


def test_a_publisher_killed_at_every_request_tears_nothing(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "tests.integration.s3.kill_publisher"]
    run = subprocess.run(
        [*program, door.url, place, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_publish_whose_answers_get_lost_is_made_once(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    """Of each request in turn: the commit's own, the pointer's, and all others."""
    publish(Lake.open_at(f"{place}/counted", work=tmp_path), product())
    first = len(door.asked)
    publish(Lake.open_at(f"{place}/counted", work=tmp_path), product(), start=10)
    steps = len(door.asked) - first
    assert steps > 8
    for step in range(1, steps + 1):
        lake = Lake.open_at(f"{place}/{step}", work=tmp_path)
        publish(lake, product())
        arm(door.url, "lost", step)
        second = publish(lake, product(), start=10)
        arm(door.url, "lost", 0)
        assert [commit.version for commit in lake.commits("orders")] == [1, 0], step
        assert second.sequence == 1
        current = lake.current("orders")
        assert current is not None
        assert current.document == second.document


def test_a_metadata_commit_whose_answer_gets_lost_is_made_once(
    door: Proxy, place: str, tmp_path: Path
) -> None:
    lake = Lake.open_at(place, work=tmp_path)
    publish(lake, product())
    first = len(door.asked)
    lake.republish(product(description="1"), identity(product()))
    steps = [asked.startswith("PUT") and "_delta_log" in asked for asked in door.asked[first:]]
    arm(door.url, "lost", steps.index(True) + 1)
    assert lake.republish(product(description="2"), identity(product())).sequence == 2
    assert lake.version("orders") == 2
