"""The README's first five minutes, followed literally."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack import NAME, ROOT, Stack, clone, eventually

pytestmark = pytest.mark.integration

README = (ROOT / "README.md").read_text()
HUB = "http://127.0.0.1:8000"


def shell(heading: str) -> str:
    """The shell blocks below a heading, one behind the other."""
    section = README.partition(f"### {heading}")[2].partition("\n##")[0]
    return "".join(re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("clone")
    with clone(folder) as running_stack:
        yield running_stack


def test_the_queries_answer(stack: Stack) -> None:
    first, _, rest = shell("Ask for rows").partition("\n")
    assert first.startswith(f"URL={HUB}/")
    url = first.removeprefix("URL=").replace(HUB, "")
    asked = [line for line in rest.splitlines() if line.startswith("curl ")]
    assert len(asked) == 7
    for line in asked:
        _, address = shlex.split(line)
        address = address.replace("\\$", "$").replace("$URL", url)
        answer = stack.get(address)
        assert answer.status_code == 200, f"{line}: {answer.text}"
        if "$top" in address:
            assert answer.json()["@odata.count"] == 43_140
            assert "@odata.nextLink" not in answer.json()
        elif "?" in address:
            assert answer.json()["@odata.nextLink"].startswith(f"{stack.url}{url}?")


def test_the_filters_answer(stack: Stack) -> None:
    lines = shell("Ask for some of them").replace(HUB, stack.url).splitlines()
    setting, asked = lines[0], [line for line in lines if line.startswith("curl ")]
    found = [
        subprocess.run(
            ["bash", "-c", f"{setting}\n{line} --silent --show-error --fail-with-body"],
            capture_output=True, text=True, check=True,
        ).stdout
        for line in asked
    ]  # fmt: skip
    *pages, open_ones, report, explained = map(json.loads, found)
    assert [page["@odata.count"] for page in pages] == [30, 10, 90, 85]
    assert open_ones == 81
    assert report["number"] == "R00002"
    assert report["scheduled"]["id"] == report["outage"]
    assert explained == 664


def test_the_service_roots_of_the_readme_answer(stack: Stack) -> None:
    addresses = re.findall(rf"`{HUB}(/[^`]*)`", README)
    assert addresses
    for address in addresses:
        assert stack.get(address).status_code == 200, address


def test_the_frame_of_the_readme_has_every_row(stack: Stack) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    over_http, from_lake = blocks
    # pandas is not among our dependencies; a list of rows has a length too.
    code = over_http.replace(HUB, stack.url).replace("import pandas as pd\n", "")
    assert rows_of(code.replace("pd.DataFrame(rows)", "rows")) == 43_140
    assert rows_of(from_lake.replace(".dphub", str(stack.home))) == 43_140


def rows_of(code: str) -> int:
    names: dict[str, Any] = {}
    exec(code, names)
    return len(names["frame"])


def test_a_product_is_added_changed_broken_mended_and_deleted(stack: Stack) -> None:
    commands = shell("Add a product, change it, break it, delete it")
    steps = re.split(r"^sleep \d+$", commands, flags=re.MULTILINE)
    added, broken, mended, removed, gone = (
        said(stack, steps[0], step) for step in ("true", *steps[1:])
    )
    assert added == ""
    assert "outages" in broken
    assert "'stagee' is no column of the sources; did you mean 'stage'?" in broken
    assert "UnknownColumn" in mended
    assert "True" in row_of("outages", removed)
    assert "outages " not in gone
    assert NAME in gone


def row_of(name: str, table: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(f"{name} "))


def said(stack: Stack, setting: str, step: str) -> str:
    """What a step prints, once everything that was done before has been acted on."""
    eventually(lambda: settled(stack), "the hub came to rest")
    exports = "\n".join(line for line in setting.splitlines() if line.startswith("export "))
    script = setting if step == "true" else f"{exports}\n{step}"
    run = subprocess.run(
        ["bash", "-c", script],
        cwd=stack.folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DPHUB_HOME": str(stack.home),
            "DPHUB_DATA_ROOT": str(stack.data),
            "DPHUB_URL": stack.url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def settled(stack: Stack) -> bool:
    """Every product that is declared is built, or known to be broken; no other is served."""
    stored = {one.name: one.generation for one in stack.store().list()}
    served = stack.get("/health").json()["products"]
    for name, generation in stored.items():
        status = stack.status(name)
        ready = status.condition("Ready") if status else None
        if not status or not ready or status.observed_generation != generation:
            return False
        if ready.reason in {"Pending", "Building", "NotServed", "Behind"}:
            return False
    return set(served) == set(stored)
