import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dphub_k8s.api.types import TYPES, parse_type
from dphub_serving.odata import csdl
from dphub_serving.odata.edm import HUB_NAMESPACE, EntitySet, EntityType, Property, Service
from tests.unit.serving.odata.samples import entity_type

NS = {"edm": "http://docs.oasis-open.org/odata/ns/edm"}
NASTY = 'a<b & "c" \x00\x1f ü'

ID = Property("id", parse_type("string"), nullable=True, description=NASTY)
AMOUNT = Property("amount", parse_type("decimal(18,2)"))
OUTAGE = EntityType("outage", "Outage", ("id",), (ID, AMOUNT), "One outage")
PRODUCT = Service("outage", (EntitySet("Outages", OUTAGE, "All of them"),), "A product")
OTHER = entity_type(namespace="my_orders", name="Order")
HUB = Service(HUB_NAMESPACE, (EntitySet("outage", OUTAGE), EntitySet("my_orders", OTHER)))


def test_a_product_declares_its_type_its_set_and_its_key() -> None:
    root = ET.fromstring(csdl.xml(PRODUCT))
    (schema,) = root.iter(f"{{{NS['edm']}}}Schema")
    assert schema.get("Namespace") == "outage"
    assert [each.attrib for each in schema.findall(".//edm:PropertyRef", NS)] == [{"Name": "id"}]
    assert [each.attrib for each in schema.findall(".//edm:EntitySet", NS)] == [
        {"Name": "Outages", "EntityType": "outage.Outage"}
    ]
    assert [each.attrib for each in schema.findall(".//edm:Property", NS)] == [
        {"Name": "id", "Type": "Edm.String", "Nullable": "false"},
        {
            "Name": "amount",
            "Type": "Edm.Decimal",
            "Nullable": "true",
            "Precision": "18",
            "Scale": "2",
        },
    ]


def test_json_says_the_same() -> None:
    document = json.loads(csdl.json_document(PRODUCT))
    assert document["$EntityContainer"] == "outage.Container"
    outage = document["outage"]["Outage"]
    assert outage["$Key"] == ["id"]
    assert outage["id"]["$Nullable"] is False
    assert outage["amount"] == {
        "$Type": "Edm.Decimal",
        "$Nullable": True,
        "$Precision": 18,
        "$Scale": 2,
    }
    outages = document["outage"]["Container"]["Outages"]
    assert (outages["$Collection"], outages["$Type"]) == (True, "outage.Outage")


def test_descriptions_survive_whatever_they_hold() -> None:
    root = ET.fromstring(csdl.xml(PRODUCT))
    texts = [
        each.get("String")
        for each in root.iterfind(".//edm:Annotation[@Term='Core.Description']", NS)
    ]
    assert texts == ['a<b & "c"  ü', "One outage", "All of them", "A product"]
    assert json.loads(csdl.json_document(PRODUCT))["outage"]["Outage"]["id"]["@Core.Description"] == NASTY  # noqa: E501  # fmt: skip


@pytest.mark.parametrize(
    ("term", "content"),
    [
        ("TopSupported", True),
        ("KeyAsSegmentSupported", True),
        ("BatchSupported", False),
        ("FilterRestrictions", {"Filterable": True}),
        ("SearchRestrictions", {"Searchable": True}),
        ("ComputeSupported", True),
        ("SortRestrictions", {"Sortable": True}),
        ("InsertRestrictions", {"Insertable": False}),
    ],
)
def test_capabilities_are_those_of_today(term: str, content: object) -> None:
    container = json.loads(csdl.json_document(PRODUCT))["outage"]["Container"]
    annotations = {**container, **container["Outages"]}
    assert annotations[f"@Capabilities.{term}"] == content


def test_what_cannot_be_ordered_by_is_named() -> None:
    limited = EntityType("o", "Outage", ("id",), (ID, replace(AMOUNT, orderable=False)))
    service = Service("o", (EntitySet("Outages", limited),))
    said = json.loads(csdl.json_document(service))["o"]["Container"]["Outages"]
    restrictions = {"Sortable": True, "NonSortableProperties": ["amount"]}
    assert said["@Capabilities.SortRestrictions"] == restrictions
    term = "edm:Annotation[@Term='Capabilities.SortRestrictions']"
    root = ET.fromstring(csdl.xml(service))
    assert [each.text for each in root.iterfind(f".//{term}//edm:PropertyPath", NS)] == ["amount"]


def test_what_cannot_be_filtered_by_is_named() -> None:
    limited = EntityType("o", "Outage", ("id",), (replace(ID, filterable=False),))
    service = Service("o", (EntitySet("Outages", limited),))
    said = json.loads(csdl.json_document(service))["o"]["Container"]["Outages"]
    restrictions = {"Filterable": False, "NonFilterableProperties": ["id"]}
    assert said["@Capabilities.FilterRestrictions"] == restrictions


def test_no_level_of_conformance_is_claimed() -> None:
    assert b"ConformanceLevel" not in csdl.xml(PRODUCT) + csdl.json_document(PRODUCT)


def test_the_hub_has_one_namespace_per_product_and_one_container() -> None:
    root = ET.fromstring(csdl.xml(HUB))
    namespaces = [each.get("Namespace") for each in root.iter(f"{{{NS['edm']}}}Schema")]
    assert namespaces == ["my_orders", "outage", HUB_NAMESPACE]
    assert [each.get("EntityType") for each in root.iterfind(".//edm:EntitySet", NS)] == [
        "outage.Outage",
        "my_orders.Order",
    ]
    document = json.loads(csdl.json_document(HUB))
    assert document["$EntityContainer"] == f"{HUB_NAMESPACE}.Container"
    assert set(document["my_orders"]) == {"Order"}


def test_a_hub_without_products_is_still_a_service() -> None:
    empty = Service(HUB_NAMESPACE, ())
    assert ET.fromstring(csdl.xml(empty)).find(".//edm:EntityContainer", NS) is not None
    assert HUB_NAMESPACE in json.loads(csdl.json_document(empty))


def test_every_type_has_its_facets() -> None:
    properties = tuple(Property(kind.name, kind) for kind in TYPES)
    service = Service("t", (EntitySet("S", EntityType("t", "T", ("string",), properties)),))
    for element in ET.fromstring(csdl.xml(service)).iterfind(".//edm:Property", NS):
        assert element.get("Nullable") in {"true", "false"}
        if element.get("Type") in {"Edm.TimeOfDay", "Edm.DateTimeOffset", "Edm.Decimal"}:
            assert element.get("Precision")
        if element.get("Type") == "Edm.Decimal":
            assert element.get("Scale")
