"""Products spread over two code locations: built, read by one another, edited and deleted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dphub_k8s.shards import Shard
from tests.factories import product
from tests.integration.stack import Stack, eventually, running_over_the_example

pytestmark = pytest.mark.integration

NAMES = ("areas-a", "areas-b", "areas-c", "areas-d", "areas-e")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("hub")
    with running_over_the_example(folder, DPHUB_SHARDS="2") as running_stack:
        yield running_stack


def test_products_live_in_two_shards(stack: Stack) -> None:
    for name in NAMES:
        stack.put(document(name))
    for name in NAMES:
        eventually(lambda name=name: stack.ready(name), f"{name} was served")  # type: ignore[misc]
    assert located(stack) == {name: f"dphub-{shard_of(name)}" for name in NAMES}
    assert {shard_of(name) for name in NAMES} == {0, 1}
    # What is served is published before its run has ended.
    eventually(
        lambda: [run["status"] for run in stack.runs()] == ["SUCCESS"] * len(NAMES),
        "one run for each product had succeeded",
    )

    edited = document("areas-a")
    edited["spec"]["description"] = "Told anew"
    stack.put(edited)
    eventually(lambda: stack.ready("areas-a", generation=2), "the edit was published")

    (stack.products / "areas-b.yaml").unlink()
    eventually(lambda: stack.get("/odata/areas-b/").status_code == 404, "the deleted one was gone")
    eventually(lambda: "areas-b" not in located(stack), "its asset was gone")
    assert stack.rows("areas-c")
    assert len(stack.runs()) == len(NAMES)


def test_a_product_is_built_after_one_that_another_shard_builds(stack: Stack) -> None:
    far = next(f"far-{number}" for number in range(9) if shard_of(f"far-{number}") == 0)
    near = next(f"near-{number}" for number in range(9) if shard_of(f"near-{number}") == 1)
    reader = document(near)
    reader["spec"]["backend"]["sources"] = {"areas": {"product": far}}
    stack.put(reader)
    stack.put(document(far))
    eventually(lambda: stack.ready(near), "what reads the other shard's product was served")
    counted = [stack.get(f"/odata/{name}/Area/$count").json() for name in (far, near)]
    assert counted[0] == counted[1] > 0


def shard_of(name: str) -> int:
    return 0 if Shard(0, 2).holds(name) else 1


def located(stack: Stack) -> dict[str, str]:
    """Product -> the code location that can build it."""
    query = "{assetNodes{assetKey{path}isExecutable repository{location{name}}}}"
    return {
        node["assetKey"]["path"][-1]: node["repository"]["location"]["name"]
        for node in stack.graphql(query)["assetNodes"]
        if node["isExecutable"]
    }


def document(name: str) -> dict[str, Any]:
    return product(
        name, domain="geo", sources=["areas"], entity="Area", columns={"suburb": "string"}
    )
