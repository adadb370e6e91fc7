"""What belongs to the product that was there first."""

from typing import Any

import pytest

from dphub_k8s.admission import Neighbour, admit, admit_all
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from tests.factories import product
from tests.unit.k8s.admission.refusal import is_refused

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
    is_refused(document, path, reason, message, origin="b.yaml:1", others=[FIRST])


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


def reading(name: str, *products: str, **spec: Any) -> tuple[object, str]:
    """A document that reads these products, and its origin."""
    sources = {f"s{number}": {"product": read} for number, read in enumerate(products)}
    return product(name, sources=sources or ["orders"], **spec), f"{name}.yaml:1"


def test_a_product_may_read_what_is_not_there_yet() -> None:
    (one,) = admit_all([reading("a", "later")])
    assert isinstance(one, DataProduct)
    assert one.spec.backend.products == {"s0": "later"}


def test_of_a_circle_the_product_that_closes_it_is_refused() -> None:
    outcomes = admit_all([reading("a", "b"), reading("b", "c"), reading("c", "a"), reading("d")])
    assert [isinstance(one, DataProduct) for one in outcomes] == [True, True, False, True]
    assert isinstance(outcomes[2], Refused)
    (problem,) = outcomes[2].problems
    assert (problem.path, problem.reason) == ("spec.backend.sources.s0.product", "ProductCycle")
    assert problem.message.startswith("c → a → b → c:")


def test_a_product_does_not_read_itself() -> None:
    with pytest.raises(Refused, match="a → a: a product cannot"):
        admit(reading("a", "a")[0])


def test_a_refused_product_closes_no_circle() -> None:
    outcomes = admit_all([reading("a", "b", colour="red"), reading("b", "a")])
    assert [isinstance(one, DataProduct) for one in outcomes] == [False, True]


def test_one_document_is_compared_with_all_that_were_there() -> None:
    others = [Neighbour("a", "a", "a.yaml:1", ("b",)), Neighbour("b", "b", "b.yaml:1", ("c",))]
    with pytest.raises(Refused, match="c → a → b → c"):
        admit(reading("c", "a")[0], origin="c.yaml:1", others=others)
