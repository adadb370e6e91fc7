"""Navigation whose target is not there, or does not fit."""

from typing import Any

import pytest

from dphub_k8s.admission import admit
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.relations import unserved
from tests.factories import admitted, product
from tests.refusals import navigating

ITEMS = {"entitySet": "Items", "key": "item"}
OTHERS = admitted("others", columns={"item": "string", "n": "int", "many": "list<string>"})
PUBLISHING = admit(product("others", sources={"a": {"path": "a.csv", "publish": ITEMS}}))


def said(others: dict[str, DataProduct | None], **way: Any) -> str:
    return "; ".join(unserved(admit(navigating(**way)), others))


@pytest.mark.parametrize("way", [{"target": "others"}, {"target": "others/Order"}])
def test_a_target_that_fits_is_nothing_to_speak_of(way: dict[str, Any]) -> None:
    assert said({"others": OTHERS}, **way) == ""


def test_a_published_source_is_a_target_whose_columns_only_a_build_knows() -> None:
    keys = [{"left": "item", "right": "whatever"}]
    assert said({"others": PUBLISHING}, target="others/Items", keys=keys) == ""


def test_what_was_refused_may_be_published_as_it_was() -> None:
    assert said({"others": None}) == ""


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ({"target": "other"}, "'other' is no product; did you mean 'others'? (known: others)"),
        ({"target": "others/Itms"}, "'Itms' is no entity set of others (known: Order)"),
        (
            {"target": "others", "keys": [{"left": "item", "right": "itm"}]},
            "'itm' is no column of others to navigate by; did you mean 'item'? (known: item, n)",
        ),
        (
            {"target": "others", "keys": [{"left": "item", "right": "n"}]},
            "item is string, n of others is int: such values are never equal",
        ),
        (
            {"target": "others", "keys": [{"left": "item", "right": "id"}]},
            "'id' is no column of others to navigate by (known: item, n)",
        ),
    ],
)
def test_a_target_that_leads_nowhere_is_told(way: dict[str, Any], why: str) -> None:
    assert said({"others": OTHERS}, **way) == f"navigation 'others' is not served: {why}"
