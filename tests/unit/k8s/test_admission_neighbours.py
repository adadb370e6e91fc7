"""What belongs to the product that was there first."""

import pytest

from dphub_k8s.admission import Neighbour, admit, admit_all
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from tests.factories import product

FIRST = Neighbour("sales-orders", "orders", "a.yaml:1")


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (product("sales-orders"), "metadata.name", "NameTaken", "in a.yaml:1"),
        (product("orders"), "metadata.name", "PathConflict", "'sales-orders' (a.yaml:1)"),
        (product("x", api={"path": "/orders"}), "spec.api.path", "PathConflict", "'/orders'"),
        # The hub's own service root has a set of this name.
        (product("x", api={"path": "/sales_orders"}), "spec.api.path", "PathConflict", "first"),
    ],
)
def test_the_older_wins(document: object, path: str, reason: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        admit(document, origin="b.yaml:1", others=[FIRST])
    (problem,) = caught.value.problems
    assert (problem.path, problem.reason) == (path, reason)
    assert message in problem.message


def test_a_product_is_not_in_its_own_way() -> None:
    admit(product("sales-orders"), origin=FIRST.origin, others=[FIRST])


def test_a_refused_product_keeps_its_path() -> None:
    outcomes = admit_all(
        [
            (product("a", api={"path": "/x"}, colour="red"), "a.yaml:1"),
            (product("b", api={"path": "/x"}), "b.yaml:1"),
            (product("c"), "c.yaml:1"),
            ({"metadata": []}, "d.yaml:1"),
        ]
    )
    assert [isinstance(one, DataProduct) for one in outcomes] == [False, False, True, False]
    assert "'a' (a.yaml:1)" in str(outcomes[1])
