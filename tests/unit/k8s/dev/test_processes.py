"""Who dies again and again stops all, unless there is an excuse."""

import os
import time

import pytest

from dphub_k8s.dev import processes
from dphub_k8s.dev.processes import DEATHS, KeepsDying, Processes


def tend_until(made: Processes, deaths: int, capfd: pytest.CaptureFixture[str]) -> str:
    """What was said by then."""
    said, deadline = "", time.monotonic() + 60
    while said.count("dying has ended with status 1") < deaths:
        assert time.monotonic() < deadline, said
        made.tend()
        said += capfd.readouterr().out
        time.sleep(0.01)
    return said


def test_deaths_count_only_without_an_excuse(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for pause in ("EXCUSED_SECONDS", "FIRST_PAUSE_SECONDS"):
        monkeypatch.setattr(processes, pause, 0.01)
    excuses = ["the disk of /home is full"]
    made = Processes(os.environ, lambda: next(iter(excuses), None))
    try:
        made.start("dying", ["-c", "raise SystemExit(1)"])
        said = tend_until(made, DEATHS + 1, capfd)
        assert "dying has ended with status 1, and the disk of /home is full" in said
        excuses.clear()
        with pytest.raises(KeepsDying, match=f"the {DEATHS}th time"):
            tend_until(made, DEATHS, capfd)
    finally:
        made.stop()
