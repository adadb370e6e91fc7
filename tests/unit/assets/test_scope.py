"""A run worker makes definitions of its own assets alone."""

import dagster as dg
import pytest

from dphub_assets.decide.declared import Declarations
from dphub_assets.graph import scope
from dphub_assets.graph.state import State
from dphub_k8s.stores.memory import MemoryStore
from tests import factories

ORDERS, BILLS = dg.AssetKey(["default", "orders"]), dg.AssetKey(["default", "bills"])


@pytest.fixture(scope="module")
def state() -> str:
    store = MemoryStore()
    for name in ("orders", "bills"):
        store.create(factories.product(name, sources=["orders"]))
    return State().dump(Declarations(store, None).read().values())


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (None, {"orders", "bills"}),
        ([ORDERS], {"orders"}),
        ([BILLS, ORDERS], {"orders", "bills"}),
        ([dg.AssetKey(["default", "orders_api"])], set()),
    ],
)
def test_the_scope_of_a_run(state: str, keys: list[dg.AssetKey] | None, names: set[str]) -> None:
    only = scope.read({scope.VARIABLE: scope.text(keys)})
    assert State().load(state, only).keys() == names


def test_nothing_said_means_everything(state: str) -> None:
    assert State().load(state, scope.read({})).keys() == {"orders", "bills"}
