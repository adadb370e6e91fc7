"""The OpenAPI document against the schema of OpenAPI, and against the service."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from dphub_assets.lake.writer import Lake
from dphub_k8s.api.product import DataProduct
from dphub_serving.odata import openapi
from dphub_serving.odata.csdl import json as csdl_json
from tests.conformance.csdl.documents import SERVICES
from tests.lake_factory import product, publish
from tests.node import programs
from tests.unit.serving.conftest import Client, serving

COLUMNS = {
    "a": "int",
    "b": "string",
    "c": "double",
    "d": "list<struct<x:date,y:list<decimal(5,2)>>>",
    "e": "struct<u:uuid,v:timestamp>",
}
# The options of methods of collections, whose names it shortens where they are shared.
CONVERT = """
const messages = [];
const csdl = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const { csdl2openapi } = require('odata-openapi');
const { paths, components } = csdl2openapi(csdl, { openapiVersion: '3.1.0', messages });
const options = {};
const name = (each) => each.name || each.$ref.split('/').pop();
for (const [path, item] of Object.entries(paths))
  for (const [method, { parameters = [] }] of Object.entries(path.includes('{') ? {} : item))
    options[path] = { ...options[path], [method]: parameters.map(name) };
const methods = Object.values(paths).map((item) => Object.keys(item));
const schemas = Object.keys(components.schemas);
console.log(JSON.stringify({ messages, options, methods, schemas }));
"""
ROWS = """
SELECT i AS a, 'text ' || i AS b,
    CASE i WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN NULL ELSE 0.5 END AS c,
    [{'x': DATE '2024-02-29', 'y': [1.25, NULL]}, NULL] AS d,
    CASE i WHEN 3 THEN NULL ELSE {'u': uuid()::VARCHAR, 'v': now()} END AS e
FROM range(5) t(i)
"""


def written(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi.write(SERVICES[name], "http://x/odata/p/", "p", "1"))
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_valid(name: str) -> None:
    validate(written(name))


def test_it_is_valid_with_names_of_any_letters(tmp_path: Path) -> None:
    wanted = product({"Größe": "int", "日": "struct<a:int>"}, key="Schlüssel")
    named = wanted.model_dump(by_alias=True, mode="json", exclude_none=True)
    named["spec"]["entity"]["name"], named["spec"]["api"]["resource"] = "Straße", "Straßen"
    rows = 'SELECT 1 AS "Größe", {\'a\': 2} AS "日"'
    publish(Lake.open_at(tmp_path / "lake"), DataProduct.model_validate(named), rows)
    with serving(tmp_path) as client:
        for root in ("/odata/orders/", "/odata/"):
            document = client.get(root + "openapi.json").json()
            validate(document)
        own = {"$ref": "#/components/schemas/orders.Stra-df-e", **document}
        row = jsonschema.Draft202012Validator(own)
        (found,) = client.get("/odata/orders/Straßen").json()["value"]
        assert row.is_valid(found)
        assert not row.is_valid({"日": {"a": "x"}})


@pytest.mark.parametrize("name", SERVICES)
def test_generated_clients_have_a_name_for_everything(name: str) -> None:
    document = written(name)
    operations = [each for item in document["paths"].values() for each in item.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for values in re.findall(r'"enum": (\[.*?\])', json.dumps(document)):
        assert len({each.upper() for each in json.loads(values)}) == len(json.loads(values))


def test_what_is_not_done_is_not_offered() -> None:
    operation = written("valid")["paths"]["/Rows"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names >= {"$top", "$skip", "$count", "$filter", "$orderby", "$select"}
    orders = next(each for each in operation["parameters"] if each["name"] == "$orderby")
    assert "closed" not in orders["schema"]["items"]["enum"]
    assert "id desc" in orders["schema"]["items"]["enum"]
    nested = written("nested")["paths"]["/Rows"]["get"]["parameters"]
    orders = next(each for each in nested if each["name"] == "$orderby")
    assert orders["schema"]["items"]["enum"] == ["id", "id desc", "n0", "n0 desc"]


def test_what_navigation_leads_to_is_offered_where_there_is_some() -> None:
    document = written("related")
    names = [each["name"] for each in document["paths"]["/Rows"]["get"]["parameters"]]
    assert {"$expand", "$search", "$compute"} <= set(names)
    assert "$expand" not in str(written("valid")["paths"])
    own = {"$ref": "#/components/schemas/related.Other", **document}
    other = jsonschema.Draft202012Validator(own)
    assert other.is_valid({"id": 1, "rows": [{"id": "a", "one": None}, {"one": {"id": 2}}]})
    for wrong in ({"rows": None}, {"rows": [{"one": [{"id": 1}]}]}, {"again": {"id": 1}}):
        assert not other.is_valid(wrong)


@programs.needed
@pytest.mark.parametrize("name", SERVICES)
def test_the_converter_of_the_standards_authors_finds_the_same_in_the_model(name: str) -> None:
    told = programs.run(CONVERT, text=csdl_json.write(SERVICES[name]).decode())
    ours = written(name)
    assert told["messages"] == []
    assert set(told["schemas"]) - {"count"} == set(ours["components"]["schemas"])
    for path, methods in told["options"].items():
        assert methods.keys() == ours["paths"][path].keys()
        for method, offered in methods.items():
            parameters = ours["paths"][path][method].get("parameters", [])
            # It knows nothing of `$compute`.
            assert set(offered) == {each["name"].lstrip("$") for each in parameters} - {"compute"}
    others = {"get", "parameters", *(["post"] if "/$batch" in ours["paths"] else [])}
    assert {method for methods in told["methods"] for method in methods} <= others


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home: Path = tmp_path_factory.mktemp("home")
    publish(Lake.open_at(home / "lake"), product(COLUMNS), ROWS)
    with serving(home) as client:
        yield client


def test_the_service_has_one_for_the_hub_and_for_each_product(served: Client) -> None:
    for root in ("/odata/orders/", "/odata/orders@0/", "/odata/"):
        answer = served.get(root + "openapi.json")
        assert answer.headers["Content-Type"] == "application/json"
        document = answer.json()
        validate(document)
        assert document["servers"] == [{"url": f"http://hub.test{root.rstrip('/')}"}]
        tag = answer.headers["ETag"]
        again = served.get(root + "openapi.json", {"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert served.get("/odata/nope/openapi.json").status_code == 404
    assert served.request("POST", "/odata/orders/openapi.json").status_code == 405


def test_what_is_served_is_what_it_says(served: Client) -> None:
    document = served.get("/odata/orders/openapi.json").json()
    read = {path: item for path, item in document["paths"].items() if "get" in item}
    assert {"/", "/$metadata"} < read.keys()
    for path, item in read.items():
        url = re.sub(r"\{\w+\}", "1~text%201~NaN~x", path) if "{" in path else path
        answer = served.get("/odata/orders" + url)
        if "{" in path:
            assert answer.status_code in {400, 404}
            continue
        assert answer.status_code == 200, url
        content = item["get"]["responses"]["200"]["content"]
        media = answer.headers["Content-Type"].partition(";")[0]
        body = answer.text if media != "application/json" else answer.json()
        schema = {**content[media].get("schema", {}), "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(body)


def test_the_examples_of_a_batch_are_answered_as_it_says(served: Client) -> None:
    document = served.get("/odata/orders/openapi.json").json()
    post = document["paths"]["/$batch"]["post"]
    answers = post["responses"]["200"]["content"]
    for media, said in post["requestBody"]["content"].items():
        example = said["example"]
        text = example if isinstance(example, str) else json.dumps(example)
        answer = served.post("/odata/orders/$batch", text, media)
        assert answer.status_code == 200
        found = answer.headers["Content-Type"].partition(";")[0]
        assert found == media.partition(";")[0]
        body = answer.json() if found == "application/json" else answer.text
        jsonschema.Draft202012Validator(answers[found]["schema"]).validate(body)
        assert (
            body["responses"][0]["status"] == 200 if isinstance(body, dict) else " 200 OK" in body
        )


def test_rows_are_what_the_schema_says_and_wrong_ones_are_not(served: Client) -> None:
    document = served.get("/odata/orders/openapi.json").json()
    own = {"$ref": "#/components/schemas/orders.Row", "components": document["components"]}
    row = jsonschema.Draft202012Validator(own)
    rows = served.get("/odata/orders/Rows").json()["value"]
    assert len(rows) == 5
    assert [error.message for each in rows for error in row.iter_errors(each)] == []
    for wrong in ({"a": "1"}, {"c": "nan"}, {"d": None}, {"d": [{"y": ["1"]}]}, {"id": None}):
        assert not row.is_valid(wrong)
