import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dphub_k8s.api.types import TYPES, parse_type
from dphub_serving.odata.csdl import json as csdl_json
from dphub_serving.odata.csdl import xml as csdl_xml
from dphub_serving.odata.edm import (
    HUB_NAMESPACE,
    EntitySet,
    EntityType,
    NavigationProperty,
    Property,
    Service,
    Valid,
)
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
    root = ET.fromstring(csdl_xml.write(PRODUCT))
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
    document = json.loads(csdl_json.write(PRODUCT))
    assert document["$EntityContainer"] == "outage.Container"
    outage = document["outage"]["Outage"]
    assert outage["$Key"] == ["id"]
    assert "$Nullable" not in outage["id"]
    assert outage["amount"] == {
        "$Type": "Edm.Decimal",
        "$Nullable": True,
        "$Precision": 18,
        "$Scale": 2,
    }
    outages = document["outage"]["Container"]["Outages"]
    assert (outages["$Collection"], outages["$Type"]) == (True, "outage.Outage")


def test_descriptions_survive_whatever_they_hold() -> None:
    root = ET.fromstring(csdl_xml.write(PRODUCT))
    texts = [
        each.get("String")
        for each in root.iterfind(".//edm:Annotation[@Term='Core.Description']", NS)
    ]
    assert texts == ['a<b & "c"  ü', "One outage", "All of them", "A product"]
    prop = json.loads(csdl_json.write(PRODUCT))["outage"]["Outage"]["id"]
    assert prop["@Core.Description"] == texts[0]


@pytest.mark.parametrize(
    ("term", "content"),
    [
        ("TopSupported", True),
        ("KeyAsSegmentSupported", True),
        ("BatchSupported", True),
        ("QuerySegmentSupported", True),
        ("IsolationSupported", "Snapshot"),
        ("ConformanceLevel", "Intermediate"),
        ("CrossJoinSupported", False),
        ("FilterRestrictions", {"Filterable": True}),
        ("SearchRestrictions", {"Searchable": True}),
        ("ComputeSupported", True),
        ("ExpandRestrictions", {"Expandable": False}),
        ("SortRestrictions", {"Sortable": True}),
        ("InsertRestrictions", {"Insertable": False}),
    ],
)
def test_capabilities_are_those_of_today(term: str, content: object) -> None:
    container = json.loads(csdl_json.write(PRODUCT))["outage"]["Container"]
    annotations = {**container, **container["Outages"]}
    assert annotations[f"@Capabilities.{term}"] == content


def test_what_cannot_be_ordered_by_is_named() -> None:
    limited = EntityType("o", "Outage", ("id",), (ID, replace(AMOUNT, orderable=False)))
    service = Service("o", (EntitySet("Outages", limited),))
    said = json.loads(csdl_json.write(service))["o"]["Container"]["Outages"]
    restrictions = {"Sortable": True, "NonSortableProperties": ["amount"]}
    assert said["@Capabilities.SortRestrictions"] == restrictions
    term = "edm:Annotation[@Term='Capabilities.SortRestrictions']"
    root = ET.fromstring(csdl_xml.write(service))
    assert [each.text for each in root.iterfind(f".//{term}//edm:PropertyPath", NS)] == ["amount"]


def test_what_cannot_be_filtered_by_is_named() -> None:
    limited = EntityType("o", "Outage", ("id",), (replace(ID, filterable=False),))
    service = Service("o", (EntitySet("Outages", limited),))
    said = json.loads(csdl_json.write(service))["o"]["Container"]["Outages"]
    restrictions = {"Filterable": False, "NonFilterableProperties": ["id"]}
    assert said["@Capabilities.FilterRestrictions"] == restrictions


def test_how_far_navigation_leads_is_said() -> None:
    way = NavigationProperty("again", "o.Outage", "Outages", (("id", "id"),), collection=True)
    leading = EntityType("o", "Outage", ("id",), (ID,), navigation=(way,))
    service = Service("o", (EntitySet("Outages", leading),))
    said = json.loads(csdl_json.write(service))["o"]["Container"]["Outages"]
    assert said["@Capabilities.ExpandRestrictions"] == {"Expandable": True, "MaxLevels": 6}
    assert said["@Capabilities.FilterRestrictions"] == {"Filterable": True, "MaxLevels": 6}


def annotations(prop: Property) -> dict[str, object]:
    """Of a property, as JSON has them."""
    service = Service("o", (EntitySet("Outages", EntityType("o", "Outage", ("id",), (prop,))),))
    said = json.loads(csdl_json.write(service))["o"]["Outage"][prop.name]
    return {name: value for name, value in said.items() if name.startswith("@")}


@pytest.mark.parametrize(
    ("kind", "said", "expected"),
    [
        ("ushort", Valid(), {"Minimum": 0, "Maximum": 65535}),
        ("uint", Valid(), {"Minimum": 0, "Maximum": 4294967295}),
        ("uint", Valid(minimum=1), {"Minimum": 1, "Maximum": 4294967295}),
        ("ulong", Valid(), {"Minimum": 0}),
        ("ulong", Valid(maximum=2**64 - 1), {"Minimum": 0, "Maximum": 2**64 - 1}),
        ("decimal(9,2)", Valid(maximum=0.25), {"Maximum": 0.25}),
        ("date", Valid(minimum="2024-02-29"), {"Minimum": "2024-02-29"}),
        ("string", Valid(pattern="^a"), {"Pattern": "^a"}),
        ("string", Valid(("a", "b")), {"AllowedValues": [{"Value": "a"}, {"Value": "b"}]}),
        ("bool", Valid((True,)), {"AllowedValues": [{"Value": True}]}),
        ("string", Valid(), {}),
    ],
)
def test_what_may_be_is_said(kind: str, said: Valid, expected: dict[str, object]) -> None:
    prop = Property("a", parse_type(kind), valid=said)
    assert annotations(prop) == {f"@Validation.{term}": value for term, value in expected.items()}


def test_who_makes_a_value_and_how_a_text_is_to_be_read() -> None:
    key = Property("id", parse_type("string"), computed=True)
    assert annotations(key) == {"@Core.Computed": True}
    document = Property("a", parse_type("json"))
    assert annotations(document) == {"@Core.MediaType": "application/json"}


def test_xml_names_the_kind_of_a_constant() -> None:
    prop = Property("a", parse_type("timestamp"), valid=Valid(minimum="2024-01-01T00:00:00Z"))
    service = Service("o", (EntitySet("S", EntityType("o", "T", ("a",), (prop,))),))
    found = ET.fromstring(csdl_xml.write(service)).find(".//edm:Property/edm:Annotation", NS)
    assert found is not None
    minimum = {"Term": "Validation.Minimum", "DateTimeOffset": "2024-01-01T00:00:00Z"}
    assert found.attrib == minimum


def test_the_document_has_the_version_of_the_response() -> None:
    assert ET.fromstring(csdl_xml.write(PRODUCT)).get("Version") == "4.0"
    assert ET.fromstring(csdl_xml.write(PRODUCT, "4.01")).get("Version") == "4.01"


def test_the_hub_has_one_namespace_per_product_and_one_container() -> None:
    root = ET.fromstring(csdl_xml.write(HUB))
    namespaces = [each.get("Namespace") for each in root.iter(f"{{{NS['edm']}}}Schema")]
    assert namespaces == ["my_orders", "outage", HUB_NAMESPACE]
    assert [each.get("EntityType") for each in root.iterfind(".//edm:EntitySet", NS)] == [
        "outage.Outage",
        "my_orders.Order",
    ]
    document = json.loads(csdl_json.write(HUB))
    assert document["$EntityContainer"] == f"{HUB_NAMESPACE}.Container"
    assert set(document["my_orders"]) == {"Order"}


def test_a_hub_without_products_is_still_a_service() -> None:
    empty = Service(HUB_NAMESPACE, ())
    assert ET.fromstring(csdl_xml.write(empty)).find(".//edm:EntityContainer", NS) is not None
    assert HUB_NAMESPACE in json.loads(csdl_json.write(empty))


def test_every_type_has_its_facets() -> None:
    properties = tuple(Property(kind.name, kind) for kind in TYPES)
    service = Service("t", (EntitySet("S", EntityType("t", "T", ("string",), properties)),))
    elements = ET.fromstring(csdl_xml.write(service)).findall(".//edm:Property", NS)
    assert len(elements) == len(TYPES)
    for element in elements:
        assert element.get("Nullable") in {"true", "false"}
        if element.get("Type") in {"Edm.TimeOfDay", "Edm.DateTimeOffset", "Edm.Decimal"}:
            assert element.get("Precision")
        if element.get("Type") == "Edm.Decimal":
            assert element.get("Scale")
