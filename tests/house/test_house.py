"""The building is still the building."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dphub_k8s import documents
from dphub_k8s.admission import admit, admit_all
from dphub_k8s.api.product import DataProduct
from dphub_k8s.crd import document as crd
from dphub_k8s.dev import instance

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
OUTAGE = EXAMPLES / "southafrica-scheduled-outage"
PACKAGES = ("dphub_k8s", "dphub_assets", "dphub_serving")
ENGINES = {"duckdb", "pyarrow", "deltalake"}
WEB = {"fastapi", "starlette", "uvicorn"}
CLUSTER = {"kubernetes", "lightkube"}


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("dphub_k8s.api.snapshot", {"dagster", "yaml", "httpx", "typer"} | ENGINES | WEB | CLUSTER),
        ("dphub_k8s.stores.directory", {"dagster", "httpx", "typer"} | ENGINES | WEB | CLUSTER),
        ("dphub_k8s.cluster.client", {"dagster", "typer", "pydantic"} | ENGINES | WEB),
        ("dphub_k8s.cli", {"dagster"} | ENGINES | WEB | CLUSTER),
        ("dphub_k8s.dev", {"dagster"} | ENGINES | WEB | CLUSTER),
        ("dphub_assets.lake.reader", {"dagster", "yaml"} | ENGINES | WEB | CLUSTER),
        ("dphub_assets.lake.writer", {"dagster", "duckdb", "pyarrow", "pandas"} | WEB | CLUSTER),
        ("dphub_assets.direct", {"dagster", "pandas"} | WEB | CLUSTER),
        ("dphub_assets.settle", {"dagster", "pandas"} | WEB | CLUSTER),
        ("dphub_assets.definitions", WEB | CLUSTER),
        ("dphub_serving.app", {"dagster", "deltalake", "pandas", "numpy"} | CLUSTER),
        ("dphub_serving.odata.bind", {"dagster", "yaml", "httpx"} | ENGINES | WEB | CLUSTER),
        ("dphub_serving.sql.page", {"dagster", "yaml", "httpx"} | ENGINES | WEB | CLUSTER),
    ],
)
def test_diet(module: str, banned: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert banned & set(run.stdout.split()) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_package_roots_are_empty(package: str) -> None:
    assert (ROOT / package / "__init__.py").read_bytes() == b""


@pytest.mark.parametrize(
    ("file", "text"),
    [("dagster.yaml", instance.DAGSTER_YAML), ("workspace.yaml", instance.WORKSPACE_YAML)],
)
def test_the_instance_files_are_those_that_dev_writes(file: str, text: str) -> None:
    assert (ROOT / file).read_text() == text


def test_the_manifest_is_the_definition_that_the_command_prints() -> None:
    assert (ROOT / "charts" / "manifests" / "crd.yaml").read_text() == crd.dump(crd.definition())


# examples


@pytest.mark.parametrize(
    "file", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda file: file.parent.name
)
def test_examples_are_admitted_with_data_that_is_there(file: Path) -> None:
    found = documents.read(file)
    assert found
    for outcome in admit_all([(each.document, each.origin) for each in found]):
        assert isinstance(outcome, DataProduct), str(outcome)
        sources = outcome.spec.backend.sources.values()
        paths = [source.path for source in sources if source.path is not None]
        assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_example_is_read_alike_with_any_yaml_reader() -> None:
    """PyYAML makes true of the unquoted `on:`, kubectl the text "true"."""
    text = (OUTAGE / "data-product.yaml").read_text()
    ours = admit(documents.parse(text, "data-product.yaml")[0].document)
    kubectl = yaml.safe_load(text)
    for join in kubectl["spec"]["backend"]["joins"]:
        join["true"] = join.pop(True)
    assert admit(kubectl) == ours


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_the_generator_makes_the_committed_bytes(folder: Path, tmp_path: Path) -> None:
    runpy.run_path(str(folder / "generate.py"))["main"](tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in (folder / "sample-data").iterdir()}


# what is in no file

SPELLED = {
    # In pieces, or this file would be the first find.
    "a folder of the machine it was made on": re.compile("/" + "work/"),
    "a host of a package registry": re.compile(
        "|".join(
            re.escape(host)
            for host in ("pypi" + ".org", "files.python" + "hosted", "proxy." + "golang")
        )
    ),
    "something left to do": re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX"))),
}


@pytest.mark.parametrize("what", SPELLED)
def test_no_file_has(what: str) -> None:
    run = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    files = [ROOT / name for name in run.stdout.split("\0") if name]
    found = [
        str(file.relative_to(ROOT))
        for file in files
        if file.is_file() and SPELLED[what].search(file.read_text(errors="ignore"))
    ]
    assert found == []
