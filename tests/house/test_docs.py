"""The pages tell the truth: what the code has is in `docs/`, and what is there is in the code."""

import ast
import re
import subprocess
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import BaseModel

from dphub_assets.build.errors import BuildError
from dphub_assets.build.quality import BLOCKING, CHECKS
from dphub_assets.lake.errors import LakeError
from dphub_assets.settings import BuildSettings, DagsterSettings
from dphub_assets.sources.errors import SourceError
from dphub_k8s import cli
from dphub_k8s.admission import admit
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.status import ConditionType
from dphub_k8s.api.types import TYPES
from dphub_k8s.crd.rules import DEMANDS
from dphub_k8s.settings import Settings
from dphub_serving.odata import capabilities, edm, options, url
from dphub_serving.settings import ServingSettings

ROOT = Path(__file__).parents[2]
PACKAGES = ("dphub_k8s", "dphub_assets", "dphub_serving")
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")],
)
VARIABLE = re.compile(r"\b(?:DPHUB|DP|DAGSTER)_[A-Z]+(?:_[A-Z]+)*\b")
# Constants of the code that look like variables.
NO_VARIABLES = {"DAGSTER_YAML", "DAGSTER_PORT"}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
CAMEL = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def sources() -> Iterator[Path]:
    return (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def fences(kind: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{file.relative_to(ROOT)}:{number}")
        for file in PAGES
        for number, (found, text) in enumerate(FENCE.findall(file.read_text()))
        if found == kind
    ]


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first column of the tables."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {found for cell in rows for found in re.findall(r"`([^`]+)`", cell)}


# settings


def test_every_variable_is_in_the_settings_page_and_no_other() -> None:
    files = [*sources(), ROOT / "workspace.yaml", ROOT / "dagster.yaml", *others()]
    read = {name for file in files for name in VARIABLE.findall(file.read_text())}
    assert first_cells(page("settings.md")) == read - NO_VARIABLES


def others() -> Iterator[Path]:
    """Tests and benchmarks have settings too."""
    files = (file for folder in ("tests", "bench") for file in (ROOT / folder).rglob("*.py"))
    return (file for file in files if file.parent != Path(__file__).parent)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_pages_name_no_variable_that_is_unknown(file: Path) -> None:
    assert set(VARIABLE.findall(file.read_text())) <= first_cells(page("settings.md"))


def test_the_defaults_of_the_settings_page() -> None:
    serving, home = ServingSettings.read({}), Settings.read({})
    build, dagster = BuildSettings.read(home, {}), DagsterSettings.read({})
    rows = [line.split("|") for line in page("settings.md").splitlines() if line.startswith("|")]
    told = {row[1].strip(" `"): row[2].strip(" `") for row in rows}
    known: dict[str, object] = {
        "DPHUB_PRODUCTS": f"./{home.products.relative_to(Path.cwd())}",
        "DPHUB_HOME": f"./{home.home.relative_to(Path.cwd())}",
        "DPHUB_LINK_LIFETIME_SECONDS": round(home.link_lifetime.total_seconds()),
        "DPHUB_BUILD_MEMORY": build.memory_limit,
        "DPHUB_HOST": serving.host,
        "DPHUB_PORT": serving.port,
        "DPHUB_LINKS": serving.links,
        "DPHUB_TRUSTED_PROXIES": serving.trusted_proxies,
        "DPHUB_COMPRESS_BYTES": serving.compress_bytes,
        "DPHUB_POLL_SECONDS": round(serving.poll_seconds),
        "DPHUB_QUERY_SECONDS": round(serving.query_seconds),
        "DPHUB_SERVING_MEMORY": serving.memory,
        "DPHUB_SERVING_CACHE_MB": serving.cache_bytes // 1_000_000,
    }
    assert {name: told[name] for name in known} == {n: str(value) for n, value in known.items()}
    assert f"`{dagster.public_url}`" in page("settings.md")


# products


def fields(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        yield model, field.alias or name
        for inner in models(field.annotation):
            yield from fields(inner)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models(argument)


def test_every_field_of_a_product_is_in_its_page() -> None:
    text = page("product.md")
    written = {re.split(r"[.\[]", cell)[-1].strip("[].*") for cell in first_cells(text)}
    headings = set(re.findall(r"^## (?:spec\.)?(\w+)", text, re.MULTILINE))
    named = written | headings | {"apiVersion", "kind"}
    assert {name for _, name in fields(DataProduct)} <= named


def test_every_field_that_the_page_names_is_there() -> None:
    known = {name for _, name in fields(DataProduct)} | {
        name for kind in TYPES for name in names(kind)
    }
    known |= {"decimal(p,s)"}
    written = {
        re.split(r"[.\[]", cell)[-1].strip("[].*") for cell in first_cells(page("product.md"))
    }
    assert written <= known


def names(kind: Any) -> list[str]:
    return [kind.name, *kind.aliases]


def test_every_value_that_a_field_allows_is_in_the_page() -> None:
    choices = {str(value) for model, name in fields(DataProduct) for value in allowed(model, name)}
    assert choices >= {"anti", "Delete", "onRequest"}
    assert choices <= set(re.findall(r"`([^`\n]+)`", page("product.md")))


def allowed(model: type[BaseModel], name: str) -> tuple[object, ...]:
    found = model.model_fields
    field = found.get(name) or next(each for each in found.values() if each.alias == name)
    is_choice = typing.get_origin(field.annotation) is typing.Literal
    return typing.get_args(field.annotation) if is_choice else ()


def test_the_reserved_columns_are_in_the_page() -> None:
    assert all(f"`{name}`" in page("product.md") for name in (ORDINAL, ROW_NUMBER))


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_every_column_type_is_in_the_table(kind: Any) -> None:
    aliases = ", ".join(f"`{alias}`" for alias in kind.aliases)
    cells = [f"`{kind.name}`", aliases, f"`{kind.cast}`", f"`{kind.delta}`", f"`{kind.edm}`"]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page("product.md").splitlines()
    ]
    assert cells in rows


@pytest.mark.parametrize("text", fences("yaml"))
def test_every_product_in_the_pages_is_admitted(text: str) -> None:
    document = yaml.safe_load(text)
    assert admit(document).name == document["metadata"]["name"]


# Kubernetes


def test_every_rule_of_the_definition_is_in_its_page_and_no_other() -> None:
    told = [
        ((demand.at + demand.field).lstrip("."), re.sub("<<.*?>>", "…", demand.message))
        for demand in DEMANDS
    ]
    text = page("kubernetes.md").partition("## What is refused")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.*) \|$", text, re.MULTILINE)
    assert rows == list(dict.fromkeys(told))


# conditions


# What makes a reason, and the place of the reason among its arguments.
MAKERS = {"Problem": 1, "Progress": 1, "refuse": 1, "_fail": 1, "Failure": 0}


def reasons() -> set[str]:
    """What is written where a problem or a state is made, and the names of what a build raises."""
    found = {
        reason for file in sources() for reason in written_reasons(ast.parse(file.read_text()))
    }
    for head in (BuildError, LakeError, SourceError):
        found |= {error.__name__ for error in head.__subclasses__()}
    return found


def written_reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = MAKERS.get(name_of(node.func), len(node.args))
            yield from (
                reason for word in node.args[place : place + 1] for reason in camel_constants(word)
            )


def name_of(function: ast.expr) -> str:
    match function:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def camel_constants(tree: ast.AST) -> set[str]:
    values = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {value for value in values if isinstance(value, str) and CAMEL.fullmatch(value)}


def test_the_reasons_are_found() -> None:
    assert reasons() >= {"UnknownColumn", "Served", "CastFailed", "RunLost", "NotYaml", "Unbuilt"}


def test_every_reason_is_in_the_conditions_page_and_no_other() -> None:
    kinds = set(typing.get_args(ConditionType))
    assert first_cells(page("conditions.md")) - kinds == reasons() - kinds


def test_the_checks_of_the_conditions_page_are_those_that_block() -> None:
    row = next(
        line for line in page("conditions.md").splitlines() if line.startswith("| `ChecksFailed`")
    )
    assert set(re.findall(r"`([a-z_]+)`", row)) == BLOCKING <= set(CHECKS)


# OData


def test_every_missing_option_and_segment_is_in_the_deviations() -> None:
    text = page("deviations.md").partition("## Not done: 501")[2].partition("## URLs")[0]
    named = set(re.findall(r"\$[a-z]+", text))
    partly = {"$orderby", "$select", "$compute", "$expand", "$it"}
    assert named - partly == {f"${name}" for name in options.MISSING} | url._MISSING


def test_every_supported_option_is_in_the_deviations() -> None:
    text = page("deviations.md").partition("## Done")[2].partition("## Not done")[0]
    assert {f"${name}" for name in options.SUPPORTED} <= set(re.findall(r"\$[a-z]+", text))


def requirements() -> list[Any]:
    """The rows of the table of the standard's requirements: number, force, words, state, tests."""
    rows = [line.split("|")[1:-1] for line in page("conformance.md").splitlines()]
    cells = [[cell.strip() for cell in row] for row in rows if len(row) == 5]
    return [
        pytest.param(force, state, re.findall(r"`([^`]+::[^`]+)`", tests), id=f"{n} {force} {what}")
        for n, force, what, state, tests in cells
        if force in {"MUST", "SHOULD", "MAY"}
    ]


@pytest.mark.parametrize(("force", "state", "tests"), requirements())
def test_every_requirement_has_a_test(force: str, state: str, tests: list[str]) -> None:
    assert re.match(r"yes$|501\b|no\b|none$", state)
    assert tests or force == "MAY"
    for named in tests:
        file, _, test = named.partition("::")
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), named


def test_the_level_that_is_claimed_is_reached_and_the_next_is_not() -> None:
    above = re.compile(r"\| (A\.|[^|]*\| MUST \|[^|]*\| (yes|none) \|)")
    parts = {part.partition("\n")[0]: part for part in page("conformance.md").split("\n## ")}
    rows = {
        name: [line for line in part.splitlines() if "| MUST |" in line]
        for name, part in parts.items()
    }
    advanced = rows.pop("4.0 Advanced")
    assert sum(map(len, rows.values())) > 30
    assert [row for part in rows.values() for row in part if not above.match(row)] == []
    assert any(not above.match(row) for row in advanced)
    claimed = str(capabilities.of_container(edm.Service("a", ()))["Capabilities.ConformanceLevel"])
    assert "Intermediate" in claimed
    assert "*Intermediate*" in page("conformance.md")
    assert "*Intermediate*" in page("deviations.md")


def test_the_table_has_all_levels() -> None:
    assert len(requirements()) > 70


# command line


def test_every_command_is_in_its_page_and_in_the_readme() -> None:
    commands = set(typer.main.get_group(cli.app).commands)
    headings = set(re.findall(r"^## dphub (\w+)", page("cli.md"), re.MULTILINE))
    readme = set(re.findall(r"^\| `dphub (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert headings == readme == commands


def test_every_option_that_the_pages_use_is_there() -> None:
    group = typer.main.get_group(cli.app)
    commands: Any = group.commands
    known = {
        option
        for command in commands.values()
        for parameter in command.params
        for option in [*parameter.opts, *parameter.secondary_opts]
    }
    used = {option for text in (page("cli.md"), *readme_shell()) for option in dashed(text)}
    assert used <= known | {"--help"}


def readme_shell() -> list[str]:
    text = (ROOT / "README.md").read_text()
    return [
        line
        for kind, block in FENCE.findall(text)
        if kind == "bash"
        for line in block.splitlines()
        if line.startswith("dphub ")
    ]


def dashed(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


# form


@pytest.mark.parametrize("text", fences("bash"))
def test_shell_blocks_parse(text: str) -> None:
    subprocess.run(["bash", "-n", "-c", text], check=True)


@pytest.mark.parametrize("text", fences("python"))
def test_python_blocks_parse(text: str) -> None:
    ast.parse(text)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(file.read_text())]
    inside = [link for link in links if link and "://" not in link]
    assert [link for link in inside if not (file.parent / link).exists()] == []


def test_every_folder_and_module_that_the_architecture_names_is_there() -> None:
    text = page("architecture.md").partition("## The house")[2].partition("## A product flows")[0]
    named = re.findall(r"\b(\w+\.py)\b", text)
    assert named
    missing = [name for name in named if not any((ROOT / at / name).exists() for at in PACKAGES)]
    assert missing == []
