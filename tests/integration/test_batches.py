"""Many products at once in the real hub: several share a run, and none suffers from another."""

from functools import partial
from typing import Any

import pytest

from dphub_assets.decide.reconcile import MANY
from tests.integration.stack import Stack, eventually, example

pytestmark = pytest.mark.integration

PATIENCE = 300.0
BROKEN = "many-3"


def test_many_products_are_built_in_few_runs_and_one_that_fails_is_told_alone(stack: Stack) -> None:
    names = [f"many-{number}" for number in range(MANY + 10)]
    for name in names:
        stack.put(document(name))
    eventually(lambda: stack.refusal(BROKEN), "the failure was told", PATIENCE)
    for name in set(names) - {BROKEN}:
        eventually(partial(stack.ready, name), f"{name} was ready", PATIENCE)
        assert stack.rows(name)
    assert "UnknownColumn" in (stack.refusal(BROKEN) or "")
    runs = stack.runs()
    assert len(runs) < len(names)
    built = [tag["key"] for run in runs for tag in run["tags"] if "builds/" in tag["key"]]
    assert len(built) == len(set(built)), "a product was built twice"
    assert stack.get(f"/odata/{BROKEN}").status_code != 200


def document(name: str) -> dict[str, Any]:
    found = example()
    found["metadata"]["name"] = name
    found["spec"]["api"]["path"] = f"/{name}"
    if name == BROKEN:
        found["spec"]["entity"]["columns"].append({"name": "nope", "type": "string"})
    return found
