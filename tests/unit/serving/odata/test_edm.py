import pytest

from dphub_serving.odata.edm import EntitySet, Service, identifier, is_simple_identifier
from tests.unit.serving.odata.samples import entity_type


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("orders", "orders"),
        ("southafrica-scheduled-outage", "southafrica_scheduled_outage"),
        ("2024-sales", "_2024_sales"),
        ("odata", "odata_"),
    ],
)
def test_a_product_becomes_a_simple_identifier(product: str, name: str) -> None:
    assert identifier(product) == name
    assert is_simple_identifier(name)


@pytest.mark.parametrize("name", ["", "0time", "No.Dot", "order date", "a-b", "x" * 129])
def test_what_is_no_simple_identifier(name: str) -> None:
    assert not is_simple_identifier(name)


def test_the_container_never_has_the_name_of_a_type_beside_it() -> None:
    clash = entity_type(name="Container", namespace="p")
    assert Service("p", (EntitySet("S", clash),)).container == "Container_"
    assert Service("q", (EntitySet("S", clash),)).container == "Container"


def test_a_type_that_two_sets_share_is_declared_once() -> None:
    shared = entity_type()
    service = Service("p", (EntitySet("A", shared), EntitySet("B", shared)))
    assert service.types == (shared,)
    assert service.find("B") == EntitySet("B", shared)
    assert service.find("C") is None
