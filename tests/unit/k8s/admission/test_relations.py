"""Navigation and published sources: what is refused, what is taken, and what it changes."""

from typing import Any

import pytest

from dphub_k8s.admission import admit
from tests.factories import changed, product
from tests.refusals import navigating, way
from tests.unit.k8s.admission.documents import source
from tests.unit.k8s.admission.refusal import is_refused

WAY = "spec.entity.navigation[0]"


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (navigating(name="a b"), f"{WAY}.name", "InvalidName", "such as 'a_b'"),
        (navigating(name="Item"), f"{WAY}.name", "Duplicate", "name of a column"),
        (navigating(target="My Orders"), f"{WAY}.target", "InvalidName", "'my-orders'"),
        (navigating(target="orders/"), f"{WAY}.target", "InvalidName", "no name in OData"),
        (navigating(target="a/b/c"), f"{WAY}.target", "InvalidName", "such as 'b_c'"),
        (
            navigating(keys=[{"left": "itm", "right": "x"}]),
            f"{WAY}.keys[0].left",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (
            navigating(keys=[{"left": "item", "right": "x"}] * 2),
            f"{WAY}.keys[1]",
            "Duplicate",
            "'item = x' is there twice",
        ),
        (navigating(keys=[]), f"{WAY}.keys", "OutOfRange", "at least 1"),
        (navigating(multiplicity="some"), f"{WAY}.multiplicity", "UnknownValue", "zeroOrOne"),
        (
            source(publish={"entitySet": "a b", "key": "id"}),
            "spec.backend.sources.orders.publish.entitySet",
            "InvalidName",
            "such as 'a_b'",
        ),
        (
            source(publish={"entitySet": "order", "key": "id"}),
            "spec.backend.sources.orders.publish.entitySet",
            "Duplicate",
            "the product's own",
        ),
    ],
)
def test_what_is_refused(document: Any, path: str, reason: str, message: str) -> None:
    is_refused(document, path, reason, message)


def test_a_target_need_not_be_there_and_ways_may_go_in_a_circle() -> None:
    found = admit(navigating(target="orders/Order"))
    (each,) = found.spec.entity.navigation
    assert (each.product, each.entity_set) == ("orders", "Order")
    assert admit(navigating(target="nobody")).spec.entity.navigation[0].entity_set is None


def test_navigation_changes_what_is_said_and_no_data() -> None:
    plain, leading = admit(product()), admit(navigating())
    assert plain.code_version() == leading.code_version()
    assert plain.spec_digest() != leading.spec_digest()


def test_publish_changes_the_data() -> None:
    plain = admit(product())
    published = admit(source(publish={"entitySet": "Raw", "key": "id"}))
    assert plain.code_version() != published.code_version()
    assert list(published.spec.backend.published) == ["orders"]


def test_the_digest_of_a_product_without_either_is_what_it_was() -> None:
    """Nothing that is published is built again because of the new fields."""
    assert admit(product()).code_version() == "b2f4fac4cb115545"


def test_a_way_may_be_said_beside_another_with_the_same_keys() -> None:
    twice = changed(navigating(), "spec.entity.navigation.1", way(name="again"))
    assert len(admit(twice).spec.entity.navigation) == 2
