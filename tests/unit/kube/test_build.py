"""`make kube`, with a Go that builds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.stack import ROOT, eventually
from tests.kube.programs import FOLDER, NAMES

GO = """#!/bin/sh
case "$1" in
mod) [ "$2" = download ] && echo '{"GoMod": "go.mod"}'
     [ "$2 $3" = "edit -json" ] && echo '{"Go": "1.26.0", "Replace": []}'
     exit 0 ;;
env) echo VERSION ;;
build) BUILD ;;
esac
"""
# `go build … -o PLACE PROGRAM…`: a file for each program, or PLACE itself.
MAKES = """
while [ "$1" != -o ]; do shift; done
place=$2; shift 2
for each; do
  if [ -d "$place" ]; then touch "$place/${each##*/}"; else touch "$place"; fi
done"""


def go(folder: Path, version: str = "go1.26.8", build: str = MAKES) -> Path:
    program = folder / "go"
    program.write_text(GO.replace("VERSION", version).replace("BUILD", build))
    program.chmod(0o755)
    return program


def command(program: Path | str) -> list[str]:
    return [sys.executable, "-m", "tests.kube.build", str(program)]


def make(cache: Path, program: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(program), cwd=ROOT, env=environment(cache), capture_output=True, text=True
    )


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(cache)}


def built(cache: Path) -> Path:
    return cache / "dphub-tests" / "kube" / FOLDER.name


def test_all_programs_appear_in_a_folder_named_by_version(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert make(cache, go(tmp_path)).returncode == 0
    assert {file.name for file in built(cache).iterdir()} == set(NAMES)
    assert [file.name for file in built(cache).parent.iterdir()] == [FOLDER.name]
    assert "is there" in make(cache, "/nowhere/go").stdout


@pytest.mark.parametrize(
    ("version", "build", "told"),
    [
        ("go1.22.3", MAKES, "needs Go 1.26.0 or newer, here is go1.22.3"),
        ("go1.26.8", "exit 2", "`go build -mod=mod …` has failed, see above"),
        ("go1.26.8", "true", "the build has not made etcd, kube-apiserver"),
    ],
)
def test_what_is_in_the_way_is_one_line_and_leaves_nothing(
    tmp_path: Path, version: str, build: str, told: str
) -> None:
    run = make(tmp_path / "cache", go(tmp_path, version, build))
    assert run.returncode == 1
    assert told in run.stderr
    assert "\n" not in run.stderr.strip()
    assert list(built(tmp_path / "cache").parent.iterdir()) == []


def test_without_go_it_says_so(tmp_path: Path) -> None:
    run = make(tmp_path, "/nowhere/go")
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "there is no Go (/nowhere/go)" in run.stderr


def test_a_killed_build_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    cache, reached = tmp_path / "cache", tmp_path / "reached"
    stuck = go(tmp_path, build=f'{MAKES}; touch "{reached}"; read never < "{tmp_path}/pipe"')
    os.mkfifo(tmp_path / "pipe")
    build = subprocess.Popen(command(stuck), cwd=ROOT, env=environment(cache))
    eventually(reached.exists, "it was building")
    build.kill()
    build.wait()
    with (tmp_path / "pipe").open("w") as pipe:  # its Go ends too
        pipe.write("\n")
    assert not built(cache).exists()
    assert make(cache, go(tmp_path)).returncode == 0
    assert [file.name for file in built(cache).parent.iterdir()] == [FOLDER.name]
