"""A forker that has come by a second thread forks nothing."""

import subprocess
import sys
import time
from pathlib import Path

from dphub_assets.launcher import wire

FORKER = """
import sys, threading
from pathlib import Path
from dphub_assets.launcher import forks

forks.preload = lambda: threading.Thread(target=threading.Event().wait, daemon=True).start()
forks.Forks(Path(sys.argv[1])).serve()
"""


def test_two_threads_are_one_too_many(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with subprocess.Popen([sys.executable, "-c", FORKER, str(path)]) as forker:
        try:
            answer = asked(path)
        finally:
            forker.kill()
    assert answer == {"error": "it has 2 threads, and so forks nothing"}


def asked(path: Path) -> wire.Message:
    end = time.monotonic() + 60
    while True:
        try:
            return wire.ask(path, {"run": "1"})
        except wire.Unanswered:
            assert time.monotonic() < end
            time.sleep(0.05)
