import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import EXAMPLE, changed, product, write
from tests.unit.k8s.cli.conftest import Dphub


def test_the_sample_is_valid(dphub: Dphub) -> None:
    run = dphub("validate", "--offline", EXAMPLE)
    assert (run.status, run.out) == (0, f"{EXAMPLE}: ok\n")


def test_all_problems_of_all_files_are_told(dphub: Dphub, here: Path) -> None:
    write(here / "a.yaml", product("a", api={"path": "/x"}), product("b", colour=1, domain="api"))
    write(here / "c.yaml", product("c", api={"path": "/x"}))
    write(here / "d.yaml", product("d"))
    (here / "e.yaml").write_text("a: b: c")
    run = dphub("validate", "--offline", *(f"{name}.yaml" for name in "acdex"))
    assert run.status == 1
    lines = run.out.splitlines()
    places = [line.rpartition(": ")[0].split(": ")[:2] for line in lines]
    assert sorted(map(tuple, places)) == [
        ("a.yaml:22", "spec.colour"),
        ("a.yaml:22", "spec.domain"),
        ("c.yaml:1", "spec.api.path"),
        ("d.yaml",),
        ("e.yaml:1:5", "not YAML"),
        ("x.yaml",),
    ]
    assert "d.yaml: ok" in lines
    assert "x.yaml: no such file or directory" in lines
    assert run.err == "problems: 5, files: 4\n"


def test_a_folder_stands_for_its_files(dphub: Dphub, here: Path) -> None:
    write(here / "products" / "a.yaml", product("a"))
    (here / "products" / "sub").mkdir()
    write(here / "products" / "sub" / "b.yaml", product("b"))
    run = dphub("validate", "--offline", "products")
    assert (run.status, run.out) == (0, "products/a.yaml: ok\nproducts/sub/b.yaml: ok\n")


def test_a_folder_without_products_is_no_success(dphub: Dphub) -> None:
    run = dphub("validate", "--offline", "products")
    assert (run.status, run.err) == (1, "dphub: there is no YAML or JSON file in products\n")


@pytest.mark.parametrize(
    ("env", "status"), [({}, 1), ({"DPHUB_ALLOWED_ROOTS": "/srv:/data"}, 0)], ids=["none", "roots"]
)
def test_roots_are_a_setting(
    dphub: Dphub, here: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], status: int
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    write(here / "a.yaml", product(sources={"a": {"path": "/data/a.parquet"}}))
    run = dphub("validate", "--offline", "a.yaml")
    assert run.status == status
    assert ("outside the allowed roots" in run.out) == bool(status)


@pytest.mark.parametrize("arguments", [("validate",), ("validat",), ("get", "-o", "xml")])
def test_what_is_not_understood_is_status_2(dphub: Dphub, arguments: tuple[str, ...]) -> None:
    assert dphub(*arguments).status == 2


STUB = """
import json, os, sys
print("progress", file=sys.stderr)
mode = os.environ["STUB"]
if mode == "crash":
    sys.exit("no memory")
if mode == "problem":
    path = "spec.entity.columns[1].name"
    problem = {"file": sys.argv[2], "path": path, "reason": "UnknownColumn", "message": "no 'itm'"}
    print(json.dumps(problem))
    sys.exit(1)
"""


def started(here: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`dphub` as a process, with a stand-in for the program that reads the sources."""
    (here / "stub" / "dphub_assets").mkdir(parents=True, exist_ok=True)
    (here / "stub" / "dphub_assets" / "__init__.py").touch()
    (here / "stub" / "dphub_assets" / "__main__.py").write_text(STUB)
    return subprocess.run(
        [sys.executable, "-m", "dphub_k8s", *arguments],
        env={**os.environ, "PYTHONPATH": str(here / "stub"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("mode", "status", "out", "err"),
    [
        ("fine", 0, "a.yaml: ok\n", ""),
        (
            "problem",
            1,
            "b.yaml:1: spec.domain: 'api' is a name that the service uses itself",
            "problems: 2, files: 2",
        ),
        ("crash", 1, "", "dphub: looking at the sources failed (status 1): no memory\n"),
    ],
)
def test_the_sources_are_looked_at_by_another_process(
    here: Path, mode: str, status: int, out: str, err: str
) -> None:
    write(here / "a.yaml", product("a"))
    write(here / "b.yaml", product("b", domain="api" if mode == "problem" else "sales"))
    run = started(here, "validate", "a.yaml", "b.yaml", STUB=mode)
    assert run.returncode == status
    assert run.stdout.startswith(out)
    assert err in run.stderr
    assert "Traceback" not in run.stderr
    if mode == "problem":
        assert "\na.yaml: spec.entity.columns[1].name: no 'itm'\n" in run.stdout


def test_a_refused_product_hides_no_fault_of_another(here: Path) -> None:
    products = [product(name) for name in "ab"]
    write(here / "two.yaml", changed(products[0], "spec.domain", "api"), products[1])
    run = subprocess.run(
        [sys.executable, "-m", "dphub_k8s", "validate", "two.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    first, second = run.stdout.splitlines()
    assert first.startswith("two.yaml:1: spec.domain: 'api'")
    line = (here / "two.yaml").read_text().split("---\n")[0].count("\n") + 1
    assert second.startswith(f"two.yaml:{line}: spec.backend.sources: orders.parquet: No such")
    assert "problems: 2, files: 1" in run.stderr


def test_standard_input_is_a_file(here: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "dphub_k8s", "validate", "--offline", "-"],
        input=json.dumps(product("a", colour=1)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.startswith("-:1: spec.colour: 'colour' is no field here")


def test_the_command_line_loads_no_engine() -> None:
    code = "import sys, dphub_k8s.cli; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"dagster", "fastapi", "duckdb", "pyarrow"} & set(run.stdout.split())


@pytest.mark.parametrize(("mode", "status"), [("fine", 0), ("crash", 1)])
def test_a_build_is_another_process_and_its_status_counts(
    here: Path, mode: str, status: int
) -> None:
    write(here / "a.yaml", product("a"))
    run = started(here, "materialize", "a.yaml", STUB=mode)
    assert run.returncode == status
    assert run.stderr.startswith("progress\n")


def test_without_the_engine_the_rest_is_checked(here: Path) -> None:
    write(here / "a.yaml", product("a"))
    code = "import sys; sys.modules['duckdb'] = None; from dphub_k8s.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "validate", "a.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "a.yaml: ok\n")
    assert run.stderr == (
        "the sources were not looked at: duckdb is not installed (pip install 'dphub[assets]')\n"
    )


def test_without_dagster_there_is_no_hub(here: Path) -> None:
    code = "import sys; sys.modules['dagster'] = None; from dphub_k8s.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "dev"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "dphub: the hub cannot run here: dagster is not installed "
        "(pip install 'dphub[assets,serving]')\n"
    )
    assert list(here.iterdir()) == [here / "products"]
