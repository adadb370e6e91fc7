import json
from pathlib import Path

import pytest

from tests.factories import product, write
from tests.unit.k8s.cli.conftest import Dphub


@pytest.mark.parametrize("how", [(), ("--once", "--watch")])
def test_it_wants_to_know_until_when(dphub: Dphub, how: tuple[str, ...]) -> None:
    run = dphub("reconcile", *how)
    assert run.status == 2
    assert "--once or --watch" in run.err


def test_it_tells_where_products_stand_without_a_hub(dphub: Dphub, here: Path) -> None:
    write(here / "products" / "a.yaml", product("a"))
    write(here / "products" / "b.yaml", product("b", colour=1))
    assert dphub("reconcile", "--once").status == 0
    found = {each["name"]: each["state"] for each in json.loads(dphub("status", "-o", "json").out)}
    assert found == {"a": "Waiting", "b": "Refused"}
