"""A Kubernetes control plane of plain processes, on loopback.

    python -m tests.kube.control_plane up|down [FOLDER]      (make kube-up, make kube-down)

All state is in one folder, ports too: a plane that is started again there has its objects and its
address. Users are told by token: `admin` may do everything, `nobody` nothing; rights are RBAC.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dphub_k8s.cluster.client import Client
from dphub_k8s.cluster.errors import ApiError
from tests.kube import kubectl, programs, setup

ORDER = ("etcd", "kube-apiserver", "kube-controller-manager")
START_SECONDS = float(os.environ.get("DPHUB_PATIENCE", "90"))
STOP_SECONDS = 15.0


class ControlPlane:
    def __init__(self, folder: Path, leashed: bool = True) -> None:
        """Leashed, the processes end when ours does. Raises programs.Missing."""
        self.folder = folder.absolute()
        self._programs = programs.folder()
        self._leashed = leashed
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def kubeconfig(self) -> Path:
        """Of `admin`; the context `nobody` is in it too."""
        return self.folder / "kubeconfig"

    @property
    def client(self) -> Client:
        return Client.open(self.kubeconfig)

    def start(self) -> None:
        """What does not run; returns when the API server is ready, with its first namespace."""
        commands = setup.commands(self.folder, setup.prepare(self.folder))
        self._link_kubectl()
        for name in ORDER:
            if self.pid(name) is None:
                self._bury(name)
                self._launch(name, commands[name])
            if name == "kube-apiserver":
                self._await_ready()

    def stop(self, name: str | None = None, how: signal.Signals = signal.SIGTERM) -> None:
        """All of them, or one of ORDER."""
        for each in [name] if name else reversed(ORDER):
            if pid := self.pid(each):
                _signal(pid, how)
                self._await_end(each, pid)
            self._bury(each)

    def kill(self, name: str | None = None) -> None:
        self.stop(name, signal.SIGKILL)

    def user(self, name: str) -> Path:
        """Its kubeconfig: `admin` or `nobody`."""
        return self._written(name, setup.token(name))

    def account(self, namespace: str, name: str) -> Path:
        """The kubeconfig of a service account, with a token of one hour."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.client.call("POST", path, body=request)
        return self._written(f"{namespace}.{name}", answer["status"]["token"])

    def kubectl(
        self, *arguments: str | Path, text: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """As `admin`."""
        return kubectl.run(self.kubeconfig, *arguments, text=text, check=check)

    def pid(self, name: str) -> int | None:
        """None: it does not run."""
        try:
            pid = int(self._pid_file(name).read_text())
            command = Path("/proc", str(pid), "cmdline").read_text()
        except (OSError, ValueError):
            return None
        ours = (str(self._programs / name), str(self.folder))
        return pid if all(each in command for each in ours) else None

    def _link_kubectl(self) -> None:
        """Beside the kubeconfig, for people who have none."""
        link = self.folder / "kubectl"
        link.unlink(missing_ok=True)
        link.symlink_to(self._programs / "kubectl")

    def _launch(self, name: str, options: Sequence[str]) -> None:
        leash = [sys.executable, "-m", "tests.kube.leash"] if self._leashed else []
        with self._log(name).open("ab") as log:
            child = subprocess.Popen(
                [*leash, str(self._programs / name), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._pid_file(name).write_text(str(child.pid))
        self._children[name] = child

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        last: Exception | None = None
        while time.monotonic() < deadline:
            for name in ("etcd", "kube-apiserver"):
                assert self._lives(name), f"{name} has ended: {self._tail(name)}"
            try:
                client = self.client
                client.call("GET", "/readyz", seconds=2)
                client.call("GET", "/api/v1/namespaces/default", seconds=2)
            except (ApiError, OSError) as error:
                last = error
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"no API server in {START_SECONDS:.0f} s: {last}")

    def _lives(self, name: str) -> bool:
        child = self._children.get(name)
        return child.poll() is None if child else self.pid(name) is not None

    def _await_end(self, name: str, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self.pid(name) == pid:
            if child := self._children.get(name):
                child.poll()
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.02)

    def _bury(self, name: str) -> None:
        """What has ended, by us or by itself."""
        self._pid_file(name).unlink(missing_ok=True)
        if child := self._children.pop(name, None):
            child.wait()

    def _written(self, user: str, token: str) -> Path:
        config: dict[str, Any] = json.loads(self.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        file = self.folder / f"kubeconfig-{user}"
        setup.write_private(file, setup.kubeconfig(cluster, {user: token}))
        return file

    def _tail(self, name: str) -> str:
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-5:])

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _pid_file(self, name: str) -> Path:
        return self.folder / f"{name}.pid"


def _signal(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(pid, how)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kube.control_plane")
    parser.add_argument("what", choices=("up", "down"))
    parser.add_argument("folder", nargs="?", type=Path, default=programs.CACHE / "kube" / "up")
    chosen = parser.parse_args()
    try:
        plane = ControlPlane(chosen.folder, leashed=False)
    except programs.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    if chosen.what == "down":
        plane.stop()
        print(f"stopped; its objects stay in {plane.folder}", file=sys.stderr)
        return 0
    plane.start()
    print(plane.kubeconfig)
    return 0


if __name__ == "__main__":
    sys.exit(main())
