"""Every kind of bad input: the place that is named, and the part of the message that helps."""

from pathlib import Path
from typing import Any

import pytest

from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Problem, Refused
from tests.factories import DROPPED, EXAMPLE, changed, product

TWO = product(sources=("orders", "items"))
ON = "spec.backend.joins.0.on"
COLUMN = "spec.entity.columns.1"


def problems(document: object, roots: tuple[Path, ...] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as caught:
        admit(document, roots=roots)
    return caught.value.problems


def source(**said: Any) -> dict[str, Any]:
    return product(sources={"orders": {"path": "orders.parquet", **said}})


def column(**said: Any) -> dict[str, Any]:
    return product(columns={"item": {"type": "string", **said}})


def key(**said: Any) -> dict[str, Any]:
    return product(key="id", columns={"id": {"type": "string", **said}, "item": "string"})


def three(*joins: tuple[str, str], **said: Any) -> dict[str, Any]:
    rows = [{"left": left, "right": right, "on": ["item"], **said} for left, right in joins]
    return product(sources="abc", joins=rows)


def test_the_sample_is_accepted_as_it_is_written() -> None:
    (sample,) = documents.read(EXAMPLE)
    found = admit(sample.document, roots=(Path("/data"),))
    assert found.route == "southafrica-scheduled-outage-dataset"
    assert found.spec.backend.joins[0].on == ("provider", "block")
    assert found.document() == sample.document


@pytest.mark.parametrize("name", ["on", "true"])
def test_on_is_accepted_as_every_yaml_reader_gives_it(name: str) -> None:
    join = {"left": "a", "right": "b", name: ["item"]}
    found = admit(product(sources="ab", joins=[join]))
    assert found.spec.backend.joins[0].on == ("item",)


def test_the_smallest_product_and_its_defaults() -> None:
    found = admit(product("my-orders"))
    assert (found.route, found.resource, found.spec.domain) == ("my-orders", "Order", "default")


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        # structure
        (changed(TWO, "spec.description", None), "spec.description", "Null", "leave the field out"),
        (changed(TWO, f"{ON}.0", None), "spec.backend.joins[0].on[0]", "Null", "null is no value"),
        (changed(TWO, "spec.entitty", 1), "spec.entitty", "UnknownField", "did you mean 'entity'?"),
        (
            changed(TWO, "spec.deployment_mode", "Shared"),
            "spec.deployment_mode",
            "UnknownField",
            "did you mean 'deploymentMode'?",
        ),
        (column(tipe="x"), "spec.entity.columns[1].tipe", "UnknownField", "did you mean 'type'?"),
        (
            changed(TWO, "spec.backend.sources.items.pth", "x"),
            "spec.backend.sources.items.pth",
            "UnknownField",
            "did you mean 'path'?",
        ),
        (changed(TWO, "apiVersion", "v1"), "apiVersion", "UnknownValue", "openness.ecostruxure"),
        (changed(TWO, "kind", "DataProdukt"), "kind", "UnknownValue", "mean 'DataProduct'?"),
        (changed(TWO, "kind", DROPPED), "kind", "Missing", "'kind' is missing"),
        (changed(TWO, "spec.backend", DROPPED), "spec.backend", "Missing", "'backend' is missing"),
        (column(type=5), "spec.entity.columns[1].type", "WrongType", "found the number 5"),
        (column(type=False), "spec.entity.columns[1].type", "WrongType", "unless it is quoted"),
        (
            changed(TWO, "spec.odata", {"max_top": "10"}),
            "spec.odata.max_top",
            "WrongType",
            "a whole number is wanted, found '10'",
        ),
        (changed(TWO, "spec.odata", {"max_top": 0}), "spec.odata.max_top", "OutOfRange", "least 1"),
        (
            changed(TWO, "spec.odata", {"count": "never"}),
            "spec.odata.count",
            "UnknownValue",
            "known: always, onRequest",
        ),
        (changed(TWO, "spec.tags", "x"), "spec.tags", "WrongType", "a list is wanted, found 'x'"),
        (changed(TWO, "spec.entity.columns", []), "spec.entity.columns", "OutOfRange", "least 1"),
        (product(sources={}), "spec.backend.sources", "OutOfRange", "least 1"),
        # identity
        (product("My_Orders"), "metadata.name", "InvalidName", "such as 'my-orders'"),
        (product("a" * 53), "metadata.name", "InvalidName", "at most 52"),
        (product("-a"), "metadata.name", "InvalidName", "such as 'a'"),
        (product("lineage"), "metadata.name", "Reserved", "the service uses itself"),
        (product("v1"), "metadata.name", "Reserved", "give an api.path"),
        (product(api={"path": "/Catalog"}), "spec.api.path", "Reserved", "'/Catalog'"),
        (product(api={"path": "/openapi.json"}), "spec.api.path", "Reserved", "uses itself"),
        (product(api={"path": "orders"}), "spec.api.path", "InvalidPath", "such as '/orders'"),
        (product(api={"path": "/a/b"}), "spec.api.path", "InvalidPath", "such as '/a-b'"),
        (product(api={"path": "/a@3"}), "spec.api.path", "InvalidPath", "such as '/a-3'"),
        (product(api={"path": "/a('b')"}), "spec.api.path", "InvalidPath", "such as '/a-b'"),
        (product(api={"path": "/$all"}), "spec.api.path", "InvalidPath", "such as '/all'"),
        (product(api={"path": "/.."}), "spec.api.path", "InvalidPath", "one segment"),
        (product(api={"path": "/"}), "spec.api.path", "InvalidPath", "one segment"),
        (product(api={"protocol": "soap"}), "spec.api.protocol", "UnknownProtocol", "known: odata"),
        (product(domain="api"), "spec.domain", "Reserved", "the service uses itself"),
        (product(domain="a/b"), "spec.domain", "InvalidName", "without '/'"),
        # sources
        (
            changed(TWO, "spec.backend.engine", "parquet_joins"),
            "spec.backend.engine",
            "UnknownEngine",
            "did you mean 'parquet_join'?",
        ),
        (
            product(sources={"1a": {"path": "x"}}),
            'spec.backend.sources["1a"]',
            "InvalidName",
            "no digit first",
        ),
        (
            product(sources={"a": {"path": "x"}, "A": {"path": "y"}}),
            "spec.backend.sources.A",
            "Duplicate",
            "only in case",
        ),
        (source(path="../x"), "spec.backend.sources.orders.path", "PathEscapes", "'..'"),
        (source(path="a/../../x"), "spec.backend.sources.orders.path", "PathEscapes", "'..'"),
        (
            source(path="gs://a/b"),
            "spec.backend.sources.orders.path",
            "UnknownScheme",
            "known: file",
        ),
        (
            source(path="s3://bucket/*.parquet"),
            "spec.backend.sources.orders.path",
            "InvalidPath",
            "one object",
        ),
        (source(path="https://u:p@h/x.csv"), "spec.backend.sources.orders.path", "Secret", "user"),
        (source(format="xml"), "spec.backend.sources.orders.format", "UnknownFormat", "csv"),
        (
            source(options={"delimiter": ";"}),
            "spec.backend.sources.orders.options",
            "NotApplicable",
            "this is parquet",
        ),
        (source(hive=True), "spec.backend.sources.orders.hive", "NotApplicable", "**/*.parquet"),
        (
            source(path="a*", format="delta"),
            "spec.backend.sources.orders.path",
            "NotApplicable",
            "no pattern",
        ),
        (
            source(path="a.csv", options={"delimiter": '"'}),
            "spec.backend.sources.orders.options",
            "Ambiguous",
            "quote and delimiter",
        ),
        (source(path="a\0b"), "spec.backend.sources.orders.path", "InvalidPath", "characters"),
        (
            changed(TWO, "spec.backend.sources.items", {"rename": {}}),
            "spec.backend.sources.items.path",
            "Missing",
            "(or 'product'",
        ),
        (source(product="a"), "spec.backend.sources.orders", "Ambiguous", "not both"),
        (
            changed(TWO, "spec.backend.sources.items", {"product": "My Items"}),
            "spec.backend.sources.items.product",
            "InvalidName",
            "such as 'my-items'",
        ),
        (source(path=""), "spec.backend.sources.orders.path", "OutOfRange", "1 character"),
        (
            source(rename={"a": "x", "b": "X"}),
            "spec.backend.sources.orders.rename.b",
            "RenameCollision",
            "'a' and 'b' are all renamed to 'X'",
        ),
        (
            source(rename={"x": "x", "y": "x"}),
            "spec.backend.sources.orders.rename.y",
            "RenameCollision",
            "'x' and 'y'",
        ),
        (
            source(rename={"x": ""}),
            "spec.backend.sources.orders.rename.x",
            "InvalidName",
            "never empty",
        ),
        # joins
        (
            changed(TWO, "spec.backend.joins.0.right", "item"),
            "spec.backend.joins[0].right",
            "UnknownSource",
            "'item' is no source; did you mean 'items'?",
        ),
        (
            changed(TWO, "spec.backend.joins.0.right", "orders"),
            "spec.backend.joins[0]",
            "SelfJoin",
            "joined with itself",
        ),
        (
            changed(TWO, "spec.backend.joins.0.how", "outer"),
            "spec.backend.joins[0].how",
            "UnknownValue",
            "known: anti, full, inner, left, right, semi",
        ),
        (changed(TWO, "spec.backend.joins", []), "spec.backend.joins", "TooFewJoins", "need 1"),
        (
            changed(TWO, "spec.backend.joins", DROPPED),
            "spec.backend.joins",
            "TooFewJoins",
            "found 0; apart: items | orders",
        ),
        (three(("a", "b")), "spec.backend.joins", "TooFewJoins", "apart: a, b | c"),
        (
            three(("a", "b"), ("b", "a"), ("b", "c")),
            "spec.backend.joins[1]",
            "JoinCycle",
            "joined already",
        ),
        (
            three(("a", "b"), ("b", "c"), ("c", "a")),
            "spec.backend.joins[2]",
            "JoinCycle",
            "'c' and 'a'",
        ),
        (changed(TWO, ON, DROPPED), "spec.backend.joins[0]", "Missing", "'on' is missing"),
        (changed(TWO, ON, []), "spec.backend.joins[0].on", "Empty", "at least one"),
        (changed(TWO, ON, [""]), "spec.backend.joins[0].on[0]", "InvalidName", "never empty"),
        (changed(TWO, ON, ["a", "a"]), "spec.backend.joins[0].on[1]", "Duplicate", "twice"),
        (
            changed(TWO, "spec.backend.joins.0.keys", [{"left": "a", "right": "b"}]),
            "spec.backend.joins[0]",
            "Ambiguous",
            "'on' or 'keys', not both",
        ),
        (
            changed(TWO, "spec.backend.joins.0", {"left": "orders", "right": "items", "keys": []}),
            "spec.backend.joins[0].keys",
            "Empty",
            "at least one",
        ),
        # columns
        (
            changed(TWO, "spec.entity.name", "My Order"),
            "spec.entity.name",
            "InvalidName",
            "such as 'My_Order'",
        ),
        (product(api={"resource": "1x"}), "spec.api.resource", "InvalidName", "such as '_1x'"),
        (column(name="a b"), "spec.entity.columns[1].name", "InvalidName", "such as 'a_b'"),
        (column(name="a" * 129), "spec.entity.columns[1].name", "InvalidName", "at most 128"),
        (column(name=""), "spec.entity.columns[1].name", "InvalidName", "no name in OData"),
        (column(name="_Ordinal"), "spec.entity.columns[1].name", "Reserved", "hub uses itself"),
        (
            column(name="file_row_number"),
            "spec.entity.columns[1].name",
            "Reserved",
            "hub uses itself",
        ),
        (column(name="ID"), "spec.entity.columns[1].name", "Duplicate", "columns[0]"),
        (column(type="strng"), "spec.entity.columns[1].type", "UnknownType", "mean 'string'?"),
        (column(type="decimal"), "spec.entity.columns[1].type", "UnknownType", "decimal(18,2)"),
        (column(source="item"), "spec.entity.columns[1].source", "InvalidSource", "alias.column"),
        (column(source="orders."), "spec.entity.columns[1].source", "InvalidSource", "alias"),
        (
            column(source="order.item"),
            "spec.entity.columns[1].source",
            "UnknownSource",
            "did you mean 'orders'?",
        ),
        (
            changed(three(("a", "b"), ("b", "c"), how="semi"), f"{COLUMN}.source", "c.item"),
            "spec.entity.columns[1].source",
            "NotPublishable",
            "joins[0], and how: semi only filters",
        ),
        # key, order, pages
        (
            changed(TWO, "spec.entity.key_column", "itm"),
            "spec.entity.key_column",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (column(generated=True), "spec.entity.columns[1].generated", "NotTheKey", "'id'"),
        (
            key(generated=True, source="orders.id"),
            "spec.entity.columns[0].source",
            "GeneratedWithSource",
            "'orders.id'",
        ),
        (key(generated=True, type="date"), "spec.entity.columns[0].type", "NoTypeOfAKey", "uuid"),
        (key(type="double"), "spec.entity.columns[0].type", "NoTypeOfAKey", "use string"),
        (key(nullable=True), "spec.entity.columns[0].nullable", "NullableKey", "never null"),
        (
            product(columns={"id": {"type": "string", "generated": True}}),
            "spec.entity.columns",
            "Empty",
            "from the other columns",
        ),
        (
            changed(TWO, "spec.entity.sort", ["itm"]),
            "spec.entity.sort[0]",
            "UnknownColumn",
            "did you mean 'item'?",
        ),
        (
            changed(TWO, "spec.entity.sort", ["id"]),
            "spec.entity.sort[0]",
            "UnknownColumn",
            "known: item",
        ),
        (
            changed(TWO, "spec.entity.sort", ["item", "item"]),
            "spec.entity.sort[1]",
            "Duplicate",
            "there twice",
        ),
        (
            product(odata={"max_top": 10, "default_top": 20}),
            "spec.odata.default_top",
            "OutOfRange",
            "default_top 20 is more than max_top 10",
        ),
    ],
)
def test_bad_input_is_refused(document: Any, path: str, reason: str, message: str) -> None:
    (problem,) = problems(document)
    assert (problem.path, problem.reason) == (path, reason)
    assert message in problem.message


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    assert problems(document)[0].reason == "NotADocument"


@pytest.mark.parametrize(
    ("path", "roots", "accepted"),
    [
        ("/data/a.parquet", ("/data",), True),
        ("/data/a.parquet", None, True),
        ("/database/a.parquet", ("/data",), False),
        ("/etc/passwd", ("/data", "/srv"), False),
        ("/etc/passwd", (), False),
        ("a.parquet", (), True),
    ],
)
def test_absolute_paths_stay_within_the_roots(
    path: str, roots: tuple[str, ...] | None, accepted: bool
) -> None:
    allowed = None if roots is None else tuple(map(Path, roots))
    if accepted:
        admit(source(path=path), roots=allowed)
    else:
        (problem,) = problems(source(path=path), allowed)
        assert problem.reason == "OutsideRoots"
        assert "DPHUB_ALLOWED_ROOTS" in problem.message


def test_all_problems_are_told_at_once() -> None:
    document = product("Orders", sources=("orders", "items"), api={"path": "/a b"}, colour="red")
    document["spec"]["backend"]["joins"][0]["left"] = "order"
    document["spec"]["backend"]["sources"]["items"]["path"] = "../items"
    document["spec"]["backend"]["engine"] = "spark"
    document["spec"]["entity"]["columns"] += [
        {"name": "day", "type": "dat", "nme": 1},
        {"name": "stage", "type": "itn"},
        {"type": "int"},
    ]
    document["spec"]["odata"] = {"max_top": 5, "default_top": 10}
    assert {problem.path for problem in problems(document)} == {
        "metadata.name",
        "spec.colour",
        "spec.api.path",
        "spec.backend.engine",
        "spec.backend.joins[0].left",
        "spec.backend.sources.items.path",
        "spec.entity.columns[2].nme",
        "spec.entity.columns[3].type",
        "spec.entity.columns[4].name",
        "spec.odata.default_top",
    }


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"api": {"protocol": "OData"}}, "protocol", "odata"),
        ({"api": {"path": "/orders/"}}, "path", "/orders"),
    ],
)
def test_what_can_be_put_right_is(said: dict[str, Any], field: str, value: str) -> None:
    document = product(**said)
    assert getattr(admit(document).spec.api, field) == value
    assert document == product(**said)


def test_smaller_pages_need_not_be_asked_for_twice() -> None:
    assert admit(product(odata={"max_top": 10})).spec.odata.default_top == 10
    assert "default_top" not in admit(product(odata={"max_top": 200})).document()["spec"]["odata"]


@pytest.mark.parametrize(
    "document",
    [
        source(rename={"a": "b", "b": "a"}),
        source(rename={"a": "a"}),
        column(name="Straße_№"[:6]),
        column(source="orders.a.b"),
        key(type="int", nullable=False),
        three(("b", "a"), ("c", "b")),
        three(("a", "b"), ("b", "c"), how="anti"),
    ],
)
def test_what_looks_odd_and_is_right(document: dict[str, Any]) -> None:
    admit(document)
