"""docs/kubernetes.md, followed literally: what stands there is typed; what is said is compared."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories import product, write
from tests.integration.stack import PATIENCE, ROOT, eventually, free_port
from tests.kube import programs
from tests.kube.control_plane import ControlPlane

pytestmark = [pytest.mark.integration, pytest.mark.timeout(6 * PATIENCE)]
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
MARK = "-- what was asked for is done --"
UP = "tests.kube.control_plane up"
ENDLESS = "kubectl get dp --watch"


@dataclass(frozen=True)
class Step:
    """A block of commands, and the block of what they say, if there is one."""

    typed: str
    said: str


def steps(heading: str) -> list[Step]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = r"^```bash\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?"
    return [Step(*found) for found in re.findall(blocks, section, re.MULTILINE | re.DOTALL)]


class Terminal:
    """A shell that stays."""

    def __init__(self, folder: Path) -> None:
        self._shell = subprocess.Popen(
            ["bash"], cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def type(self, block: str) -> str:
        """What is said."""
        shell = self._shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{{\n{block}\n}} < /dev/null\necho '{MARK}'\n")
        shell.stdin.flush()
        said = ""
        for line in shell.stdout:
            if line.strip() == MARK:
                return said
            said += line
        raise AssertionError(f"the shell has ended: {said}")

    def close(self) -> None:
        self._shell.communicate("exit\n")


@dataclass
class Hub:
    """The second terminal."""

    process: subprocess.Popen[bytes]
    log: Path
    ports: dict[str, int]

    def said(self) -> str:
        return self.log.read_text()

    def says(self, line: str) -> bool:
        lines = self.said().splitlines(keepends=True)
        return any(is_said(self.at(line), each) for each in lines)

    def at(self, text: str) -> str:
        """With its ports in it."""
        for usual, own in self.ports.items():
            text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{own}")
        return text


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    for name in ("charts", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def plane(clone: Path) -> Iterator[ControlPlane]:
    try:
        plane = ControlPlane(clone / "plane", leashed=False)
    except programs.Missing as missing:
        pytest.skip(str(missing))
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def terminal(clone: Path, plane: ControlPlane) -> Iterator[Terminal]:
    """Behind `make kube` and `make kube-up`."""
    assert "\nkube-up: $(STAMP)" in (makefile := (ROOT / "Makefile").read_text())
    assert f"\t@$(RUN) {UP}\n" in makefile
    up = f"cd {ROOT} && {sys.executable} -m {UP} {plane.folder}"
    first = steps("First product with kubectl")[0].typed
    opened = Terminal(clone)
    try:
        said = opened.type(first.replace("make kube\n", "").replace("make -s kube-up", up))
        assert said == ""
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def hub(clone: Path, terminal: Terminal) -> Iterator[Hub]:
    """Behind its account."""
    _, rights, started, *_ = steps("First product with kubectl")
    assert is_said(rights.said, terminal.type(rights.typed))
    log, ports = clone / "hub.log", {"8000": free_port(), "3000": free_port()}
    own = {"DPHUB_PORT": str(ports["8000"]), "DPHUB_DAGSTER_PORT": str(ports["3000"])}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", started.typed], cwd=clone, env={**os.environ, **own},
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    running = Hub(process, log, ports)
    try:
        eventually(lambda: running.says(started.said) or process.poll() is not None, "it was ready")
        assert process.poll() is None, running.said()
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def test_the_page_says_what_is_said(terminal: Terminal, hub: Hub) -> None:
    for step in steps("First product with kubectl")[3:]:
        said = terminal.type(patient(step.typed))
        assert is_said(hub.at(step.said), said), f"{step.typed}\n{said}\n{hub.said()}"
    assert "Forbidden" not in hub.said()


def test_every_command_of_the_cookbook_works(terminal: Terminal, hub: Hub, clone: Path) -> None:
    areas = {"areas": {"path": "examples/southafrica-scheduled-outage/sample-data/areas.parquet"}}
    write(clone / "orders.yaml", product("orders", sources=areas, columns={"suburb": "string"}))
    terminal.type("kubectl apply -f orders.yaml")
    (block,) = steps("Cookbook")
    commands = block.typed.splitlines()
    # The first that waits makes the others see one that is ready.
    for line in sorted(commands, key=lambda line: "kubectl wait" not in line):
        command = line.replace(ENDLESS, f"timeout 2 {ENDLESS}; [ $? = 124 ]")
        said = terminal.type(f"{patient(command)}\necho status $?")
        assert said.endswith("status 0\n"), f"{line}\n{said}\n{hub.said()}"
    table = PAGE.partition("## Cookbook\n")[2].partition("\n## ")[0]
    patches = re.findall(r"^\| .* \| `(kubectl .*)` \|$", table, re.MULTILINE)
    assert len(patches) == 3
    for command in patches:
        assert "orders patched" in terminal.type(command)


def patient(typed: str) -> str:
    return typed.replace("--timeout=60s", f"--timeout={PATIENCE:.0f}s")


def is_said(expected: str, found: str) -> bool:
    """… is anything, alone in a line any lines; columns may be wider."""
    pattern = re.escape(re.sub(" +", " ", expected)).replace("\\ ", " +")
    pattern = re.sub(r"^…\\\n", "(?:.*\n)*", pattern, flags=re.MULTILINE).replace("…", ".*")
    return re.fullmatch(pattern, found) is not None
