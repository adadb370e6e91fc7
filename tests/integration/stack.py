"""The real hub for tests: `dphub dev` as a process, on free ports and in its own folders."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from dphub_k8s.api.status import ConditionType, Status
from dphub_k8s.settings import Settings
from dphub_k8s.stores.base import NotFound
from dphub_k8s.stores.directory import DirectoryStore

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "southafrica-scheduled-outage"
NAME = "southafrica-scheduled-outage-dataset"
REPORTS = "southafrica-outage-reports"
# On a busy machine: DPHUB_PATIENCE=300.
PATIENCE = float(os.environ.get("DPHUB_PATIENCE", "90"))
Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
    """What `look` finds; polls until it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen in {seconds:.0f} s")


def is_true(status: Status, kind: ConditionType) -> bool:
    said = status.condition(kind)
    return said is not None and said.status == "True"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """`products`, `home` and `data` lie below `folder`; the working directory is `data`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    dagster_port: int = 0
    process: subprocess.Popen[str] | None = None
    log: list[str] = field(default_factory=list)
    _reader: threading.Thread = field(default_factory=threading.Thread)

    @property
    def products(self) -> Path:
        return self.folder / "products"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when `dphub dev` says that it is ready."""
        for folder in (self.products, self.home, self.data):
            folder.mkdir(parents=True, exist_ok=True)
        self.log = []
        self.port, self.dagster_port = free_port(), free_port()
        options = ["--products", self.products, "--home", self.home, "--data-root", self.data]
        ports = ["--port", self.port, "--dagster-port", self.dagster_port]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dphub_k8s", "dev", *map(str, [*options, *ports])],
            env={**os.environ, **self.environment},
            cwd=self.data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        try:
            eventually(self._is_ready, "dphub dev was ready")
        except AssertionError as error:
            error.add_note("".join(self.log))
            raise

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(30)
        self.close()
        return status

    def close(self) -> None:
        """Behind a process that has ended."""
        assert self.process is not None
        assert self.process.stdout is not None
        self._reader.join(10)
        self.process.stdout.close()

    def put(self, document: dict[str, Any]) -> Path:
        """As an editor saves: whole, by rename."""
        file = self.products / f"{document['metadata']['name']}.yaml"
        draft = file.with_name(f".{file.name}")
        draft.write_text(yaml.safe_dump(document, sort_keys=False))
        return draft.replace(file)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=30, **options)

    def rows(self, route: str = NAME, **options: str) -> list[dict[str, Any]] | None:
        answer = self.get(f"/odata/{route}", params=options)
        return answer.json()["value"] if answer.status_code == 200 else None

    def graphql(self, query: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.dagster_port}/graphql"
        answer = httpx.post(url, json={"query": query}, timeout=30).json()
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.graphql(
            "{runsOrError{...on Runs{results{runId status tags{key value}}}}}"
        )["runsOrError"]["results"]
        return found

    def store(self) -> DirectoryStore:
        folders = {"DPHUB_PRODUCTS": str(self.products), "DPHUB_HOME": str(self.home)}
        settings = Settings.read(folders)
        return DirectoryStore(settings.products, settings.store_state)

    def status(self, name: str = NAME) -> Status | None:
        try:
            return self.store().status(name)
        except NotFound:
            return None

    def ready(self, name: str = NAME, generation: int | None = None) -> Status | None:
        """The status, once the product is served as declared, from the sources as they are."""
        status = self.status(name)
        if status is None or not all(is_true(status, kind) for kind in ("Ready", "Materialized")):
            return None
        return status if generation in (None, status.observed_generation) else None

    def refusal(self, name: str = NAME) -> str | None:
        """What the status says is wrong, once a build or admission has failed."""
        status = self.status(name)
        built = status.condition("Materialized") if status else None
        ready = status.condition("Ready") if status else None
        if not built or not ready or built.status != "False":
            return None
        said = built if ready.status == "True" else ready
        return f"{said.reason}: {said.message}"

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "".join(self.log)
        return any("dphub dev: ready" in line for line in self.log)


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Stack]:
    stack = Stack(folder, environment)
    try:
        stack.start()
        yield stack
    finally:
        if stack.process and stack.process.poll() is None:
            stack.stop()


def example(**spec: Any) -> dict[str, Any]:
    """The example's document, with other fields of its spec; its data are in the data folder."""
    document: dict[str, Any] = yaml.safe_load((EXAMPLE / "data-product.yaml").read_text())
    for join in document["spec"]["backend"]["joins"]:
        join["on"] = join.pop(True)
    for alias in document["spec"]["backend"]["sources"]:
        document["spec"]["backend"]["sources"][alias]["path"] = f"{alias}.parquet"
    document["spec"].update(spec)
    return document


@contextmanager
def running_over_the_example(folder: Path, **environment: str) -> Iterator[Stack]:
    """No product yet; the example's data are in the data folder."""
    shutil.copytree(EXAMPLE / "sample-data", folder / "data")
    with running(folder, **environment) as stack:
        yield stack


@contextmanager
def clone(folder: Path) -> Iterator[Stack]:
    """As `make dev` in a clone: `examples` are the products, and their data lie below."""
    stack = Stack(folder)
    shutil.copytree(ROOT / "examples", stack.products)
    shutil.copytree(ROOT / "examples", stack.data / "examples")
    (folder / "examples").symlink_to(stack.products)
    with running(folder) as running_stack:
        eventually(lambda: running_stack.ready(REPORTS), "the examples were ready")
        yield running_stack
