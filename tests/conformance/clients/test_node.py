"""Clients from npm: o.js, @odata/client and Olingo's odatajs."""

from typing import Any

from tests.conformance.clients.conftest import PAGE, ROWS
from tests.node import programs

pytestmark = programs.needed

O_JS = """
const { o } = require('odata');
const [root, path, query] = process.argv.slice(1);
(async () => {
  let link = root + path, options = JSON.parse(query || '{}'), rows = [];
  while (link) {
    const answer = await o(link).get('').fetch(options);
    const page = await answer.json();
    rows = rows.concat(page.value);
    [link, options] = [page['@odata.nextLink'], {}];
  }
  console.log(JSON.stringify(rows));
})();
"""
O_JS_QUERY = """
const { o } = require('odata');
const [root, path, query] = process.argv.slice(1);
(async () => {
  console.log(JSON.stringify(await o(root).get(path).query(JSON.parse(query || '{}'))));
})();
"""
ODATA_CLIENT = """
const { OData } = require('@odata/client');
const [root] = process.argv.slice(1);
(async () => {
  const client = OData.New4({ serviceEndpoint: root });
  const rows = client.getEntitySet('Rows');
  const filter = client.newFilter().property('item').eqString("it''s b");
  const options = client.newOptions().filter(filter).orderby('number', 'desc').top(2).skip(1);
  const found = {
    rows: await rows.query(options.select(['number', 'item'])),
    count: await rows.count(client.newFilter().property('number').gt(20)),
    one: await rows.retrieve(7),
  };
  console.log(JSON.stringify(found));
})();
"""
ODATAJS = """
const { oData } = require('ts-odatajs');
const [root] = process.argv.slice(1);
const read = (request, handler) => new Promise((done, failed) =>
  oData.read(request, done, failed, handler));
(async () => {
  const metadata = await read(root + '$metadata', oData.metadataHandler);
  console.log(JSON.stringify(metadata.dataServices.schema[0]));
})();
"""


def rows(root: str, query: str = "{}") -> Any:
    return programs.run(O_JS_QUERY, root, "Rows", query)


def test_o_js_lists_and_filters(root: str) -> None:
    assert len(rows(root)) == PAGE
    found = rows(root, '{"$filter": "item eq \'it\'\'s c\'", "$select": "number", "$top": 2}')
    assert [row["number"] for row in found] == [2, 5]
    assert programs.run(O_JS_QUERY, root, "Rows(3)")["item"] == "it's a"


def test_o_js_orders(root: str) -> None:
    found = rows(root, '{"$orderby": "price desc,number", "$top": 3, "$skip": 1}')
    assert [row["number"] for row in found] == [23, 22, 21]


def test_next_links_lead_o_js_through_every_row(root: str) -> None:
    found = programs.run(O_JS, root, "Rows", '{"$filter": "number ge 1"}')
    assert [row["number"] for row in found] == list(range(1, ROWS))


def test_odata_client_filters_counts_and_retrieves(root: str) -> None:
    found = programs.run(ODATA_CLIENT, root)
    assert [(row["number"], row["item"]) for row in found["rows"]] == [(19, "it's b"), (16, "it's b")]  # noqa: E501  # fmt: skip
    assert found["count"] == 4
    assert found["one"]["number"] == 7


def test_odatajs_reads_the_model(root: str) -> None:
    schema = programs.run(ODATAJS, root)
    own, customer = schema["entityType"]
    kinds = {each["name"]: each["type"] for each in own["property"]}
    assert kinds["number"] == "Edm.Int64"
    assert kinds["price"] == "Edm.Decimal"
    sets = schema["entityContainer"]["entitySet"]
    assert [each["name"] for each in sets] == ["Rows", "customers_Rows"]
    (way,) = own["navigationProperty"]
    assert (way["name"], way["type"]) == ("buyer", f"orders.{customer['name']}")


def test_o_js_expands(root: str) -> None:
    found = rows(root, '{"$filter": "number eq 4", "$expand": "buyer"}')
    assert [row["buyer"]["name"] for row in found] == ["customer 1"]
