"""Build etcd and the programs of Kubernetes from their Go modules: `make kube`.

    python -m tests.kube.build [GO]

They are built in a folder of their own beside the final one, which appears by a rename when
everything is there: a build that is killed leaves nothing that looks complete, and the next one
clears it away. Ten minutes on two cores and 4 GB of Go's caches, once for each version.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kube.programs import ETCD, FOLDER, KUBERNETES, NAMES

MAIN = f"k8s.io/kubernetes@v{KUBERNETES}"
ETCD_SERVER = "go.etcd.io/etcd/server/v3"
STAMP = "k8s.io/component-base/version"


class NoBuild(Exception):
    """What is in the way."""


def main(go: str) -> int:
    if FOLDER.is_dir():
        print(f"Kubernetes {KUBERNETES} is there: {FOLDER}")
        return 0
    try:
        build(go)
    except NoBuild as problem:
        print(f"make kube: {problem}", file=sys.stderr)
        return 1
    print(f"Kubernetes {KUBERNETES} and etcd {ETCD}: {FOLDER}")
    return 0


def build(go: str) -> None:
    """Raises NoBuild."""
    if shutil.which(go) is None:
        raise NoBuild(f"there is no Go ({go}); install it, or say where: make kube GO=/path/to/go")
    with _begun() as work:
        module = Go(go, work)
        upstream = module.download(MAIN)
        _check(module, upstream)
        module.run("mod", "init", "dphub.test/kube")
        module.run("mod", "edit", *_requirements(upstream))
        made = work / "bin"
        made.mkdir()
        programs = [f"k8s.io/kubernetes/cmd/{name}" for name in NAMES if name != "etcd"]
        module.run("build", "-mod=mod", "-trimpath", f"-ldflags={_flags()}", "-o", made, *programs)
        module.run(
            "build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", made / "etcd", ETCD_SERVER
        )
        missing = [name for name in NAMES if not (made / name).is_file()]
        if missing:
            raise NoBuild(f"the build has not made {', '.join(missing)}")
        made.rename(FOLDER)


class Go:
    """Go in a module of ours."""

    def __init__(self, program: str, work: Path) -> None:
        self._program = program
        self._work = work
        own = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
        self._environment = {**os.environ, **own}

    def run(self, *arguments: str | Path) -> str:
        """What it prints; its messages go to ours. Raises NoBuild."""
        command = [self._program, *map(str, arguments)]
        run = subprocess.run(
            command, cwd=self._work, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        if run.returncode:
            raise NoBuild(f"`go {' '.join(command[1:3])} …` has failed, see above")
        return run.stdout

    def download(self, module: str) -> dict[str, object]:
        """Its go.mod, as `go mod edit -json` tells it."""
        file = json.loads(self.run("mod", "download", "-json", module))["GoMod"]
        told: dict[str, object] = json.loads(self.run("mod", "edit", "-json", file))
        return told


def _check(module: Go, upstream: dict[str, object]) -> None:
    wanted, found = str(upstream["Go"]), module.run("env", "GOVERSION").strip()
    if _number(found) < _number(wanted):
        raise NoBuild(f"Kubernetes {KUBERNETES} needs Go {wanted} or newer, here is {found}")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:3])


def _requirements(upstream: dict[str, object]) -> Iterator[str]:
    """Kubernetes finds its own libraries in folders beside it; anybody else finds them as
    modules, of a version that belongs to its own."""
    yield f"-require={MAIN}"
    yield f"-require={ETCD_SERVER}@v{ETCD}"
    replaced = upstream["Replace"]
    assert isinstance(replaced, list)
    for each in replaced:
        if each["New"]["Path"].startswith("./"):
            name = each["Old"]["Path"]
            yield f"-replace={name}={name}@v0.{KUBERNETES.removeprefix('1.')}"


def _flags() -> str:
    """Without them the server takes itself for version 0.0.0."""
    major, minor, _ = KUBERNETES.split(".")
    told = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    told["gitTreeState"] = "clean"
    return " ".join(["-s -w", *(f"-X {STAMP}.{name}={value}" for name, value in told.items())])


@contextmanager
def _begun() -> Iterator[Path]:
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    for left in FOLDER.parent.glob("building-*"):
        if not Path("/proc", left.name.rpartition("-")[2]).exists():
            shutil.rmtree(left)
    work = FOLDER.parent / f"building-{os.getpid()}"
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:2] or ["go"])))
