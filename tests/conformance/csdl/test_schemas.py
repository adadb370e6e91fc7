"""`$metadata` against the schemas that OASIS publishes, and its own converter of XML to JSON."""

import json
import re
from functools import cache
from typing import Any

import jsonschema
import pytest
from lxml import etree

from dphub_serving.odata.csdl import json as csdl_json
from dphub_serving.odata.csdl import xml as csdl_xml
from tests.conformance.csdl.documents import SERVICES
from tests.node import programs

pytestmark = programs.needed
SCHEMAS = programs.PACKAGES / "odata-csdl" / "schemas"
TO_JSON = """
const messages = [];
const text = require('fs').readFileSync(0, 'utf8');
const json = require('odata-csdl').xml2json(text, { messages });
console.log(JSON.stringify({ json, messages: messages.map((each) => each.message) }));
"""


@cache
def xsd() -> Any:
    return etree.XMLSchema(etree.parse(SCHEMAS / "edmx.xsd"))


def faults(document: bytes) -> list[str]:
    schema = xsd()
    schema.validate(etree.fromstring(document))
    return [str(each) for each in schema.error_log]


@cache
def json_schema() -> Any:
    """Python's expressions have no classes of Unicode; `\\w` is near enough."""
    text = re.sub(r"\\\\p\{\w+\}", r"\\\\w", (SCHEMAS / "csdl.schema.json").read_text())
    schema = json.loads(text)
    return jsonschema.validators.validator_for(schema)(schema)


# A hub without products has an empty container, for which the schema has no word.
@pytest.mark.parametrize("version", ["4.0", "4.01"])
@pytest.mark.parametrize("name", [name for name, each in SERVICES.items() if each.sets])
def test_xml_is_valid(name: str, version: str) -> None:
    assert faults(csdl_xml.write(SERVICES[name], version)) == []


@pytest.mark.parametrize("name", SERVICES)
def test_json_is_valid(name: str) -> None:
    document = json.loads(csdl_json.write(SERVICES[name]))
    assert [error.message for error in json_schema().iter_errors(document)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_converter_makes_our_json_of_our_xml(name: str) -> None:
    told = programs.run(TO_JSON, text=csdl_xml.write(SERVICES[name], "4.01").decode())
    assert told["messages"] == []
    assert told["json"] == json.loads(csdl_json.write(SERVICES[name]))


def test_the_schemas_refuse_what_is_wrong() -> None:
    """A validator that accepts everything would prove nothing."""
    assert faults(csdl_xml.write(SERVICES["scalars"]).replace(b"Nullable=", b"Nulable="))
    document = json.loads(csdl_json.write(SERVICES["scalars"]))
    document["scalars"]["Row"]["$Kind"] = "EntityKind"
    assert not json_schema().is_valid(document)
