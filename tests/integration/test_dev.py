"""`dphub dev` as a person meets it: ports that are taken, a process that dies, Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import processes
from tests.integration.stack import Stack, eventually, free_port

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="children are looked up in /proc"),
]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path)
    made.start()
    yield made
    made.stop()


def dev(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    options = ["--home", str(folder / "home"), "--products", str(folder / "products")]
    ports = ["--port", str(port), "--dagster-port", str(free_port())]
    command = [sys.executable, "-m", "dphub_k8s", "dev", *options, *ports]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def children(parent: int) -> dict[str, int]:
    """Process ids of a process's children, by module and what it is told to do."""
    found = {}
    for pid in processes.children(parent):
        words = processes.command(pid)
        if "-m" in words:
            found[" ".join(words[words.index("-m") + 1 :][:2]).strip()] = pid
    return found


def test_a_port_that_is_taken_is_named_with_the_option_that_helps(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = dev(tmp_path, port)
    assert run.returncode == 1
    assert f"port {port} is taken" in run.stderr
    assert "--port" in run.stderr


def test_a_second_stack_on_the_same_home_is_refused(stack: Stack) -> None:
    run = dev(stack.folder, free_port())
    assert run.returncode == 1
    assert "another `dphub dev` is using" in run.stderr
    assert stack.get("/readyz").status_code == 200


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.start()
    assert stack.process is not None
    pids = children(stack.process.pid)
    started = {f"dphub_assets {name}" for name in ("warm", "location", "webserver", "daemon")}
    assert pids.keys() == {"dphub_serving", *started}
    assert stack.stop(signal.SIGINT) == 0
    assert not any(map(processes.lives, pids.values()))


def test_a_process_that_keeps_dying_stops_the_others_and_is_named(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.start()
    assert stack.process is not None
    parent = stack.process
    pids = children(parent.pid)
    while parent.poll() is None:
        if service := children(parent.pid).get("dphub_serving"):
            os.kill(service, signal.SIGKILL)
        time.sleep(0.05)
    stack.close()
    assert parent.returncode == 1
    assert "service was killed by SIGKILL, the 5th time within 60 s" in "".join(stack.log)
    assert not any(map(processes.lives, pids.values()))


def test_nothing_outlives_a_stack_that_was_killed(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.start()
    assert stack.process is not None
    pids = children(stack.process.pid)
    stack.process.kill()
    eventually(lambda: not any(map(processes.lives, pids.values())), "every process had ended", 30)
    stack.process.wait()
    stack.close()
