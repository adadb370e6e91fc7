"""`dphub dev`: the whole hub on this machine, as processes under one parent.

    location    definitions, sensor, runs      dagster api grpc, patched
    warm        forks run workers              dphub_assets
    daemon      ticks                          dagster-daemon, faster loops
    webserver   the UI                         dagster-webserver
    service     OData                          dphub_serving

State lies under the home folder only. A process that dies is started again; one that dies again and
again, or at the very start, stops all, and the message says which. Ctrl-C stops everything.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import NoReturn

import httpx

from dphub_k8s import shards
from dphub_k8s.dev import instance, lock, owner
from dphub_k8s.dev.processes import POLL_SECONDS, KeepsDying, Processes
from dphub_k8s.settings import Settings
from dphub_k8s.shards import Shard
from dphub_k8s.stores import choice
from dphub_k8s.stores.base import StoreError

HOST = instance.HOST
READY_SECONDS = 120.0
CLOCK_SECONDS = 2.0
ROOM = 1 << 20
LOADED = """{workspaceOrError{...on Workspace{locationEntries{
    locationOrLoadError{__typename ...on PythonError{message}}}}}}"""


class DevError(Exception):
    """The local stack cannot run; the message says why, and what to do."""


class Interrupted(Exception):
    """Ctrl-C, or somebody asked this process to end."""


@dataclass(frozen=True, slots=True)
class Ports:
    """`code` has one for each shard."""

    service: int
    dagster: int
    code: Mapping[Shard, int]

    @property
    def service_url(self) -> str:
        return f"http://{HOST}:{self.service}"

    @property
    def dagster_url(self) -> str:
        return f"http://{HOST}:{self.dagster}"


def run(settings: Settings, port: int, dagster_port: int) -> int:
    """Start everything, stay until Ctrl-C or until a process keeps dying. The exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with lock.alone(settings):
            return _run(settings, port, dagster_port)
    except (DevError, KeepsDying, lock.Taken, owner.OfAnother, StoreError) as error:
        print(f"dphub dev: {error}", file=sys.stderr)
        return 1


def _run(settings: Settings, port: int, dagster_port: int) -> int:
    if port == dagster_port:
        raise DevError(f"--port and --dagster-port are both {port}: two servers need two ports")
    if full := _full(settings):
        raise DevError(f"{full}: make room")
    code = {shard: _any_port() for shard in shards.all_of(Shard.read().count)}
    ports = Ports(_free(port, "--port"), _free(dagster_port, "--dagster-port"), code)
    instance.write(settings.home / "dagster", code)
    place = choice.place(settings)
    owner.require(settings)
    processes = Processes(_environment(settings, ports), partial(_full, settings))
    try:
        _create_databases(settings, processes.environment)
        _start(processes, settings, ports)
        print(
            f"dphub dev: ready. Products in {place} · Dagster {ports.dagster_url} · "
            f"OData {ports.service_url}/odata/ · Ctrl-C stops",
            flush=True,
        )
        _keep(processes)
    except Interrupted:
        print("dphub dev: stopping", flush=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        processes.stop()
    return 0


def _full(settings: Settings) -> str | None:
    """Why Dagster, which writes before all else, cannot even start."""
    if shutil.disk_usage(settings.home).free >= ROOM:
        return None
    return f"the disk of {settings.home} is full"


def _keep(processes: Processes) -> NoReturn:
    """Dagster's daemon waits by the clock on the wall: were that set back by hours, for hours."""
    offset = time.time() - time.monotonic()
    while True:
        processes.tend()
        time.sleep(POLL_SECONDS)
        before, offset = offset, time.time() - time.monotonic()
        if (back := before - offset) > CLOCK_SECONDS:
            said = f"the clock was set back by {back:.0f} s; starting daemon again"
            print(f"dphub dev: {said}", flush=True)
            processes.renew("daemon")


def _create_databases(settings: Settings, environment: Mapping[str, str]) -> None:
    """One process alone: two that create one SQLite database together leave it unusable."""
    last = settings.home / "dagster" / "storage" / "schedules" / "schedules.db"
    if not last.exists():
        command = [sys.executable, "-m", "dphub_assets", "instance"]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise DevError("the databases of Dagster could not be created; why is above")


def _start(processes: Processes, settings: Settings, ports: Ports) -> None:
    workspace = str(settings.home / "dagster" / "workspace.yaml")
    processes.start("service", ["-m", "dphub_serving"])
    processes.start("warm", ["-m", "dphub_assets", "warm"])
    for shard, code_port in ports.code.items():
        _start_location(processes, shard, code_port)
    # A webserver that finds no code location looks again only after ten seconds.
    _until(
        processes,
        lambda: all(map(_listens, ports.code.values())),
        READY_SECONDS,
        "the code location",
    )
    web = ["-h", HOST, "-p", str(ports.dagster), "-w", workspace, "--log-level", "warning"]
    processes.start("webserver", ["-m", "dphub_assets", "webserver", *web])
    daemon = ["run", "-w", workspace, "--log-level", "warning"]
    processes.start("daemon", ["-m", "dphub_assets", "daemon", *daemon])
    _until(processes, lambda: _serves(ports), READY_SECONDS, "the service")
    _until(processes, lambda: _loaded(ports), READY_SECONDS, "the Dagster webserver")


def _start_location(processes: Processes, shard: Shard, port: int) -> None:
    name = "location" if shard.count == 1 else shard.location
    address = ["--host", HOST, "--port", str(port), "--location-name", shard.location]
    module = ["-m", "dphub_assets.definitions", "--log-level", "warning"]
    # Not `dagster code-server`: its front outlives the server behind it, and starts no other.
    command = ["-m", "dphub_assets", "location", *address, *module]
    processes.start(name, command, DPHUB_SHARD=str(shard.number))


def _environment(settings: Settings, ports: Ports) -> dict[str, str]:
    dagster = settings.home / "dagster"
    roots = settings.allowed_roots
    return {
        "DPHUB_RELOAD_TOKEN": secrets.token_urlsafe(),
        "DPHUB_PUBLIC_URL": ports.service_url,
        "DPHUB_SERVICE_URLS": ports.service_url,
        "DPHUB_POLL_SECONDS": "1" if "://" in settings.lake else "0.25",
        "DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": "1",
        **os.environ,
        "DAGSTER_HOME": str(dagster),
        "DPHUB_DAGSTER_STORAGE": str(dagster / "storage"),
        "DPHUB_WARM_SOCKET": str(dagster / "warm.sock"),
        "DPHUB_PRODUCTS": str(settings.products),
        "DPHUB_HOME": str(settings.home),
        "DPHUB_LAKE": settings.lake,
        "DPHUB_DATA_ROOT": str(settings.data_root),
        "DPHUB_ALLOWED_ROOTS": "*" if roots is None else os.pathsep.join(map(str, roots)),
        "DPHUB_HOST": HOST,
        "DPHUB_PORT": str(ports.service),
        "DPHUB_CODE_PORT": str(next(iter(ports.code.values()))),
        "PYTHONUNBUFFERED": "1",
    }


def _until(processes: Processes, done: Callable[[], bool], seconds: float, what: str) -> None:
    """Raises DevError when a process has died, or when it takes too long."""
    deadline = time.monotonic() + seconds
    while not done():
        if dead := processes.dead():
            raise DevError(f"{dead}; what it said is above")
        if time.monotonic() > deadline:
            raise DevError(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def _serves(ports: Ports) -> bool:
    try:
        return httpx.get(f"{ports.service_url}/readyz").is_success
    except httpx.TransportError:
        return False


def _loaded(ports: Ports) -> bool:
    """Whether the UI shows every code location. Raises DevError where it cannot be loaded."""
    try:
        answer = httpx.post(f"{ports.dagster_url}/graphql", json={"query": LOADED})
    except httpx.TransportError:
        return False
    if not answer.is_success:
        return False
    loaded = 0
    for entry in answer.json()["data"]["workspaceOrError"].get("locationEntries", []):
        found = entry["locationOrLoadError"] or {}
        if found.get("__typename") == "PythonError":
            raise DevError(f"the code location cannot be loaded: {found['message']}")
        if found:
            loaded += 1
    return loaded == len(ports.code)


def _free(port: int, option: str) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DevError(
                f"port {port} is taken ({error.strerror}): stop what listens there, or use {option}"
            ) from None
    return port


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
