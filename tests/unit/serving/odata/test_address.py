from dataclasses import replace

import pytest

from dphub_serving.odata import address, url
from dphub_serving.odata.ast import KeyPredicate, KeyValue, Literal
from dphub_serving.odata.edm import NavigationProperty
from dphub_serving.odata.errors import NotFound, NotImplementedByService
from dphub_serving.odata.resources import Address, Resource, Step, Way
from tests.unit.serving.odata.samples import entity_type

NAV = NavigationProperty("nav", "p.Other", "Others", (("id", "id"),), collection=True)
TYPE = replace(entity_type(), navigation=(NAV,))


def found(path: str) -> Resource:
    parsed = url.parse(f"/odata/p/{path}").path
    assert isinstance(parsed, Address)
    return address.resource(parsed, TYPE)


KEYED = KeyPredicate((KeyValue(None, Literal("string", "x", 4)),))


@pytest.mark.parametrize(
    ("path", "steps", "part"),
    [
        ("Set('k')/nav", (Step("nav"),), "entities"),
        ("Set/k/nav/", (Step("nav"),), "entities"),
        (f"Set('k')/{TYPE.qualified_name}/nav", (Step("nav"),), "entities"),
        ("Set('k')/nav('x')/on", (Step("nav", KEYED), Step("on")), "entities"),
        ("Set('k')/nav/$count", (Step("nav"),), "count"),
        ("Set('k')/nav/$ref", (Step("nav"),), "ref"),
    ],
)
def test_behind_an_entity_navigation_goes_on(path: str, steps: tuple[Step, ...], part: str) -> None:
    way = found(path)
    assert isinstance(way, Way)
    assert (way.steps, way.part) == (steps, part)


def test_what_stands_behind_navigation_may_be_missing() -> None:
    for path in ("nav/$filter(a eq 1)", "nav/$value"):
        with pytest.raises(NotImplementedByService):
            found(f"Set('k')/{path}")


def test_what_is_no_property_is_not_found() -> None:
    for path in ("nix", "nix('x')"):
        with pytest.raises(NotFound):
            found(f"Set('k')/{path}")
