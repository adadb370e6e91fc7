"""The CRD in a real API server: taken whole, explained, and refusing what the folder refuses."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
import yaml

from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.api.navigation import MAX_NAVIGATION, MAX_NAVIGATION_KEYS
from dphub_k8s.api.noun import LONGEST_NAME, MAX_COLUMNS
from dphub_k8s.api.product import API_VERSION, DataProduct
from dphub_k8s.api.quality import MAX_RULES
from dphub_k8s.api.sources import MAX_JOIN_KEYS, MAX_SOURCES
from dphub_k8s.crd import document
from dphub_k8s.crd.schema import Schema
from tests.factories import EXAMPLE, ROOT, changed, product
from tests.integration.stack import eventually
from tests.kube.control_plane import ControlPlane
from tests.refusals import CEL, Refusal
from tests.shapes import shapes

pytestmark = pytest.mark.integration

# A group that no other test uses.
GROUP = "refusals.example.org"
OURS = f"{GROUP}/v1alpha1"
DEFINITION = document.definition(GROUP)
NAME = DEFINITION["metadata"]["name"]
SCHEMA: Schema = DEFINITION["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
# The server says so too where it could not ask all rules.
UNASKED = "<nil>: "
SAMPLE = EXAMPLE.read_text()


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    control_plane.kubectl("apply", "-f", "-", text=json.dumps(DEFINITION))
    control_plane.kubectl("wait", "--for=condition=Established", f"crd/{NAME}")
    yield control_plane
    control_plane.kubectl("delete", f"crd/{NAME}")


def told(cluster: ControlPlane, *written: Mapping[str, Any]) -> str:
    """What kubectl says of products that it cannot apply."""
    text = "\n---\n".join(json.dumps({**one, "apiVersion": OURS}) for one in written)
    run = cluster.kubectl("apply", "--dry-run=server", "-f", "-", text=text, check=False)
    return plain(run.stderr)


def faults(cluster: ControlPlane, written: Mapping[str, Any]) -> list[str]:
    """The faults of one product: told in the same line, or in a list of lines."""
    _, said, found = told(cluster, written).partition(" is invalid: ")
    assert said
    lines = [line.removeprefix("* ") for line in found.strip().splitlines()]
    return [line for line in lines if line and not line.startswith(UNASKED)]


def stored(cluster: ControlPlane, text: str, *options: str) -> dict[str, Any]:
    """As the server gives a product back that kubectl has applied."""
    ours = text.replace(API_VERSION, OURS)
    run = cluster.kubectl("apply", *options, "-o", "json", "-f", "-", text=ours)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def admitted(found: Mapping[str, Any]) -> DataProduct:
    name = found["metadata"]["name"]
    return admit({**found, "apiVersion": API_VERSION, "metadata": {"name": name}})


# the definition


def test_it_is_structural_and_within_the_budget(cluster: ControlPlane) -> None:
    found = json.loads(cluster.kubectl("get", f"crd/{NAME}", "-o", "json").stdout)
    conditions = {one["type"]: one["status"] for one in found["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


def levels(schema: Schema, place: str) -> Iterator[str]:
    while "items" in schema or "additionalProperties" in schema:
        schema = schema.get("items") or schema["additionalProperties"]
    if "properties" in schema:
        yield place
    for name, field in schema.get("properties", {}).items():
        yield from levels(field, f"{place}.{name}")


def test_every_level_is_explained(cluster: ControlPlane) -> None:
    found = list(levels(SCHEMA["properties"]["spec"], "dataproducts.spec"))
    assert "dataproducts.spec.backend.joins.keys" in found
    known = ("explain", "dataproducts.spec", f"--api-version={OURS}")
    eventually(lambda: cluster.kubectl(*known, check=False).returncode == 0, "kubectl knew it")
    for level in found:
        shown = cluster.kubectl("explain", level, f"--api-version={OURS}").stdout
        assert "<empty>" not in shown, shown
        assert "<no description>" not in shown, shown


# what is taken


@pytest.mark.parametrize("text", [SAMPLE, SAMPLE.replace(" on:", ' "on":')], ids=["on", "quoted"])
def test_the_sample_is_taken_as_it_is_written(cluster: ControlPlane, text: str) -> None:
    found = stored(cluster, text)
    (join,) = found["spec"]["backend"]["joins"]
    assert join.get("on") or join.get("true") == ["provider", "block"]
    ours = admit(documents.parse(text, "sample.yaml")[0].document)
    assert admitted(found).code_version() == ours.code_version()


def test_what_the_server_fills_in_changes_no_product(cluster: ControlPlane) -> None:
    for file in [*ROOT.glob("examples/*/*.yaml"), ROOT / "docs" / "product.md"]:
        for text in texts(file.read_text()):
            ours = admit(yaml.safe_load(text.replace(" on:", ' "on":')))
            found = admitted(stored(cluster, text, "--dry-run=server"))
            assert found.code_version() == ours.code_version()
            assert found.rules_version() == ours.rules_version()
            assert found.spec == ours.spec


def texts(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S) or [page]


def test_a_product_at_every_bound_is_taken(cluster: ControlPlane) -> None:
    """The server stops a rule that takes too long, and refuses the product."""
    found = largest()
    admit(found)
    text = json.dumps({**found, "apiVersion": OURS})
    cluster.kubectl("create", "--dry-run=server", "-f", "-", text=text)


def largest() -> dict[str, Any]:
    names = [f"{number:0{LONGEST_NAME}}".replace("0", "c", 1) for number in range(MAX_COLUMNS)]
    aliases = [f"{number:0{LONGEST_NAME}}".replace("0", "s", 1) for number in range(MAX_SOURCES)]
    source = {
        "path": "p" * 2000 + ".csv",
        "options": {"delimiter": ";"},
        "rename": {f"r{number}": f"n{number}" for number in range(100)},
    }
    pairs = pairwise(aliases)
    on = [f"k{number}" for number in range(MAX_JOIN_KEYS)]
    rule = {"metric": "nullValues", "column": names[-2]}
    found = product(
        "largest",
        sources={a: {**source, "publish": {"entitySet": a, "key": "k"}} for a in aliases},
        joins=[{"left": left, "right": right, "on": on} for left, right in pairs],
        columns={name: {"type": "string", "source": f"{aliases[-1]}.x"} for name in names},
        key=names[-1],
        odata={"filterable": names[::-1], "orderable": names},
        quality=[{**rule, "name": str(number)} for number in range(MAX_RULES)],
    )
    found["spec"]["entity"]["sort"] = names[-64:]
    keys = [{"left": names[-place - 1], "right": "r"} for place in range(MAX_NAVIGATION_KEYS)]
    ways = [f"{number:0{LONGEST_NAME}}".replace("0", "w", 1) for number in range(MAX_NAVIGATION)]
    found["spec"]["entity"]["navigation"] = [
        {"name": way, "target": "others/Rows", "keys": keys, "multiplicity": "many"} for way in ways
    ]
    return found


def test_the_order_of_columns_is_that_of_the_last_apply(cluster: ControlPlane) -> None:
    written = product("turned", columns={"a": "string", "b": "string", "c": "string"})
    turned = product("turned", columns={"c": "string", "d": "string", "a": "string"})
    for options in (("--server-side",), ("--server-side", "--force-conflicts"), ()):
        for one in (written, turned):
            found = stored(cluster, json.dumps(one), *options)
            names = [column["name"] for column in found["spec"]["entity"]["columns"]]
            assert names == [column["name"] for column in one["spec"]["entity"]["columns"]]
        if "--force-conflicts" in options:
            cluster.kubectl("delete", f"dataproducts.{GROUP}/turned")


def test_a_schedule_may_take_the_place_of_what_nobody_wrote(cluster: ControlPlane) -> None:
    stored(cluster, json.dumps(product("timed")))
    found = stored(cluster, json.dumps(product("timed", refresh={"cron": "0 6 * * *"})))
    assert admitted(found).spec.refresh.cron == "0 6 * * *"


# what is refused


@pytest.mark.parametrize("refusal", CEL, ids=lambda refusal: refusal.words[:60])
def test_kubectl_tells_the_words_of_the_rule(cluster: ControlPlane, refusal: Refusal) -> None:
    (line,) = faults(cluster, refusal.document)
    assert line.startswith(f"{refusal.place}: Invalid value: ")
    assert line.endswith(f": {refusal.words}")


def test_kubectl_names_the_field_that_the_folder_names(cluster: ControlPlane) -> None:
    wrong = [(place, one) for place, one in shapes() if not place.startswith("metadata")]
    named = [changed(one, "metadata.name", f"p-{n}") for n, (_, one) in enumerate(wrong)]
    found = dict(re.findall(r'"p-(\d+)" is invalid: (.*)', told(cluster, *named)))
    for number, (place, _) in enumerate(wrong):
        line = found.pop(str(number))
        assert re.search(rf"(^\[?|, ){re.escape(place)}: ", line), (place, line)
    assert found == {}


@pytest.mark.parametrize("name", ["My_Orders", "a" * 53, "-a"])
def test_names_are_those_of_the_folder(cluster: ControlPlane, name: str) -> None:
    assert {line.partition(": ")[0] for line in faults(cluster, product(name))} == {"metadata.name"}


def test_an_unknown_field_is_refused_by_its_name(cluster: ControlPlane) -> None:
    assert 'unknown field "spec.colour"' in told(cluster, product(colour="red"))


def plain(text: str) -> str:
    """The name of a source as one more step."""
    return re.sub(r"\b(sources)\[([A-Za-z]\w*)\]", r"\1.\2", text)
