"""Whether a process is alive, and still the same."""

import os
import subprocess
import sys

from dphub_assets.launcher import process


def test_this_process_is_alive() -> None:
    born = process.birth(os.getpid())
    assert born is not None
    assert process.birth(os.getpid()) == born


def test_an_ended_process_is_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        born = process.birth(child.pid)
        assert born is not None
        if sys.platform == "linux":
            assert born != process.birth(os.getpid())
        child.kill()
        # Before it is waited for it still has its number.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.birth(child.pid) is None or sys.platform != "linux"
    assert process.birth(child.pid) is None
