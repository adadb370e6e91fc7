"""Formats, levels, versions and preferences: OData Protocol 4.01, sections 8 and 11.1; JSON Format
4.01, sections 3 and 4."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.unit.serving.conftest import Client

ROWS = "/odata/people/Rows"
FULL = {"Accept": "application/json;odata.metadata=full"}
FULL_401 = {"Accept": "application/json;metadata=full", "OData-MaxVersion": "4.01"}
OMIT = {"Prefer": "omit-values=nulls"}


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def test_full_metadata_names_types_and_links(served: Client) -> None:
    answer = served.get(ROWS + "('a')", FULL)
    assert answer.headers["Content-Type"] == "application/json;odata.metadata=full"
    assert list(answer.json())[:4] == [
        *("@odata.context", "@odata.type", "@odata.id", "@odata.editLink"),
    ]
    body = answer.json()
    assert (body["@odata.type"], body["@odata.id"]) == ("#people.Row", "Rows('a')")
    assert body["@odata.editLink"] == "Rows('a')"
    assert {each: kind for each, kind in body.items() if each.endswith("@odata.type")} == {
        "@odata.type": "#people.Row",
        "amount@odata.type": "#Decimal",
        "big@odata.type": "#Int64",
        "weight@odata.type": "#Double",
        "raw@odata.type": "#Binary",
        "tags@odata.type": "#Collection(String)",
        "items@odata.type": "#Collection(people.Row_items)",
    }
    assert body["home"]["@odata.type"] == "#people.Row_home"
    assert body["home"]["place"]["@odata.type"] == "#people.Row_home_place"
    assert body["home"]["place"]["lat@odata.type"] == "#Double"
    assert body["items"][0]["@odata.type"] == "#people.Row_items"
    names = list(body)
    assert names[names.index("amount") - 1] == "amount@odata.type"


def test_the_type_of_a_collection_stands_before_it_and_of_its_items_inside(
    served: Client,
) -> None:
    body = served.get(ROWS + "('a')/items", FULL).json()
    assert body["@odata.type"] == "#Collection(people.Row_items)"
    assert body["value"][0]["n@odata.type"] == "#Int32"


def test_since_4_01_built_in_types_have_no_hash(served: Client) -> None:
    body = served.get(ROWS + "('a')", FULL_401).json()
    assert body["@type"] == "#people.Row"
    assert body["amount@type"] == "Decimal"
    assert body["tags@type"] == "Collection(String)"
    assert body["items@type"] == "#Collection(people.Row_items)"


def test_full_metadata_of_a_page_and_of_properties(served: Client) -> None:
    (row, _) = served.get(ROWS + "?$select=name", FULL).json()["value"]
    assert row == {
        "@odata.type": "#people.Row",
        "@odata.id": "Rows('a')",
        "@odata.editLink": "Rows('a')",
        "name": "Ann",
    }
    assert served.get(ROWS + "('a')/amount", FULL).json()["@odata.type"] == "#Decimal"
    assert "@odata.type" not in served.get(ROWS + "('a')/name", FULL).json()
    assert served.get(ROWS + "('a')/home", FULL).json()["@odata.type"] == "#people.Row_home"


def test_nulls_are_left_out_for_who_prefers_that(served: Client) -> None:
    answer = served.get(ROWS + "('b')", OMIT)
    assert answer.headers["Preference-Applied"] == "omit-values=nulls"
    assert set(answer.json()) == {"@odata.context", "id", "tags", "items"}
    page = served.get(ROWS + "?$top=2", {"Prefer": "omit-values=defaults, maxpagesize=2"})
    assert page.headers["Preference-Applied"] == "odata.maxpagesize=2, omit-values=defaults"
    first, second = page.json()["value"]
    assert second == {"id": "b", "tags": [], "items": []}
    assert first["tags"] == ["x", None, "z"]
    assert first["items"] == [{"n": 1, "note": "one"}, {"n": 2}]
    home = served.get("/odata/people/Rows/it's%2Fc/home", OMIT).json()
    assert list(home) == ["@odata.context"]


def test_what_is_computed_is_written_as_the_rest_is(served: Client) -> None:
    asked = (
        "?$compute=big add 1 as more&$select=more,tags($top=1;$count=true),items($filter=n gt 1)"
    )
    (first, second) = served.get(f"{ROWS}{asked}", {**FULL, **OMIT}).json()["value"]
    assert first["tags@odata.count"] == 3
    assert (first["tags"], first["tags@odata.type"]) == (["x"], "#Collection(String)")
    assert first["items"] == [
        {"@odata.type": "#people.Row_items", "n@odata.type": "#Int32", "n": 2}
    ]
    assert (first["more"], first["more@odata.type"]) == (9007199254740994, "#Decimal")
    assert "more" not in second


@pytest.mark.parametrize("headers", [{}, FULL, {"Accept": "application/json;metadata=none"}])
@pytest.mark.parametrize(
    "path", ["", "?$count=true", "('a')", "('a')/home", "('a')/items", "/$ref"]
)
def test_leaving_nulls_out_changes_nothing_else(
    served: Client, path: str, headers: dict[str, str]
) -> None:
    whole = exact(served.get(ROWS + path, headers).text)
    assert exact(served.get(ROWS + path, {**headers, **OMIT}).text) == without_nulls(whole)


def without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    left = {name: without_nulls(each) for name, each in value.items() if each is not None}
    return {n: v for n, v in left.items() if "@odata.type" not in n or typed(n, left)}


def typed(name: str, members: dict[str, Any]) -> bool:
    """The type of a property goes with it."""
    of = name.removesuffix("@odata.type")
    return not of or of in members


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json;odata.metadata=minimal"),
        ("*/*", "application/json;odata.metadata=minimal"),
        ("application/json;metadata=FULL", "application/json;odata.metadata=full"),
        ("application/json;odata.streaming=true", "application/json;odata.metadata=minimal;odata.streaming=true"),  # noqa: E501
        ("application/json;ExponentialDecimals=true", "application/json;odata.metadata=minimal"),
        ("application/json;IEEE754Compatible=true;charset=utf-8", "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8"),  # noqa: E501
        ("application/json;x=1, application/json;odata.metadata=none;q=0.1", "application/json;odata.metadata=none"),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_accepted_is_what_is_sent(
    served: Client, accept: str | None, content_type: str
) -> None:
    answer = served.get(ROWS, {"Accept": accept} if accept else {"Accept": ""})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["Vary"] == "OData-MaxVersion, Accept, Prefer, Accept-Encoding"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$format=json", 200),
        ("$format=application/json;metadata=full", 200),
        ("$format=application/json;odata.metadata=none", 200),
        ("$format=application/json;metadata=other", 406),
        ("$format=application/json;unknown=1", 406),
        ("$format=xml", 406),
        ("$format=atom", 406),
        ("$format=json;metadata=none", 400),
        ("$schemaversion=*", 200),
        ("$schemaversion=1", 404),
        ("schemaversion=*&FORMAT=json", 200),
    ],
)
def test_format_and_schema_version(served: Client, query: str, status: int) -> None:
    for path in (ROWS, ROWS + "('a')", ROWS + "('a')/name", "/odata/people/"):
        assert served.get(f"{path}?{query}").status_code == status, path


@pytest.mark.parametrize("path", ["", "('a')", "('a')/name", "/$ref", "('a')/$ref", "('a')/tags"])
def test_names_are_shorter_since_4_01(served: Client, path: str) -> None:
    for given in ("4.01", "4.1", "5.0"):
        answer = served.get(ROWS + path, {"OData-MaxVersion": given})
        assert answer.headers["OData-Version"] == "4.01"
        assert answer.headers["Content-Type"] == "application/json;metadata=minimal"
        assert "odata." not in answer.text.replace("/odata/", "")
    assert served.get(ROWS + path).headers["OData-Version"] == "4.0"


def test_each_way_to_ask_has_its_own_tag(served: Client) -> None:
    for path in ("", "('a')", "('a')/home"):
        tags = [
            served.get(ROWS + path, headers).headers["ETag"]
            for headers in (
                *({}, FULL, FULL_401, OMIT, {"OData-MaxVersion": "4.01"}),
                {"Prefer": 'include-annotations="*"'},
                {"Accept": "application/json;metadata=none"},
                {"Accept": "application/json;IEEE754Compatible=true"},
                {"Accept": "application/json;streaming=true"},
            )
        ]
        assert len(set(tags)) == len(tags)
        assert all(each.startswith('W/"') for each in tags)


@pytest.mark.parametrize("path", ["", "('a')", "('a')/name", "/$count"])
def test_conditions_hold_of_what_is_there(served: Client, path: str) -> None:
    got = served.get(ROWS + path)
    tag = got.headers["ETag"]
    several = f'"x", {tag}, "y"'
    for name, value, status in [
        ("If-None-Match", several, 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"x"', got.status_code),
        ("If-Match", several, got.status_code),
        ("If-Match", "*", got.status_code),
        ("If-Match", '"x"', 412),
    ]:
        assert served.get(ROWS + path, {name: value}).status_code == status, (name, value)


def test_tags_may_stand_in_several_headers(served: Client) -> None:
    tag = served.get(ROWS).headers["ETag"]
    unless = httpx.Headers([("If-None-Match", '"x"'), ("If-None-Match", tag)])
    assert served.get(ROWS, unless).status_code == 304
    expected = httpx.Headers([("If-Match", '"x"'), ("If-Match", tag)])
    assert served.get(ROWS, expected).status_code == 200


@pytest.mark.parametrize("path", ["('z')", "('z')/name", "('a')/nope"])
def test_conditions_say_nothing_of_what_is_not_there(served: Client, path: str) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": '"x"'}, {"If-Match": "*"}):
        assert served.get(ROWS + path, headers).status_code == 404, headers


@pytest.mark.parametrize(
    "path", ["", "('a')", "('a')/name", "('a')/name/$value", "/$count", "/$ref", "('z')", "?$top=x"]
)
def test_head_is_get_without_its_body(served: Client, path: str) -> None:
    got, head = served.get(ROWS + path), served.request("HEAD", ROWS + path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/odata/", "GET, HEAD, OPTIONS"),
        ("/odata/people", "GET, HEAD, OPTIONS"),
        ("/odata/people/$metadata", "GET, HEAD, OPTIONS"),
        ("/odata/people/Rows('a')/name", "GET, HEAD, OPTIONS"),
        ("/odata/people/$batch", "POST, OPTIONS"),
        ("/odata/people/Rows/$query", "POST, OPTIONS"),
    ],
)
def test_every_resource_says_what_it_allows(served: Client, path: str, allowed: str) -> None:
    asked = served.request("OPTIONS", path)
    assert (asked.status_code, asked.headers["Allow"]) == (204, allowed)
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(allowed.split(", ")):
        refused = served.request(method, path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/odata/nope", "/odata/nope/$metadata", "/odata/nope/$batch", "/odata/people/Nope",
             "/odata/people/Rows('a')/nope", "/odata/people/Rows/$nope", "/odata/people@7/Rows"]
)  # fmt: skip
def test_nothing_is_allowed_of_what_is_no_resource(served: Client, path: str, method: str) -> None:
    assert served.request(method, path).status_code == 404


def test_options_can_be_posted(served: Client) -> None:
    url = ROWS + "/$query"
    text = "$filter=name%20eq%20'Ann'&$select=id&$count=true"
    for media in ("text/plain", "text/plain;charset=utf-8", "application/x-www-form-urlencoded"):
        answer = served.post(url, text, media, {"If-None-Match": "*"})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["@odata.count"], answer.json()["value"]) == (1, [{"id": "a"}])
    many = " or ".join(f"id eq '{number}'" for number in range(1_000))
    long = served.post(url, f"$filter=id eq 'b' or {many}", "text/plain")
    assert [row["id"] for row in long.json()["value"]] == ["b"]
    assert served.post(url + "?$top=1", "$select=id", "text/plain").json()["value"] == [{"id": "a"}]
    following = served.post(url, "$select=id", "text/plain").json()["@odata.nextLink"]
    assert "$query" not in following
    rest = served.get(following.removeprefix("http://hub.test"))
    assert rest.json()["value"] == [{"id": "it's/c"}]


@pytest.mark.parametrize(
    ("path", "content", "media", "status"),
    [
        ("/$query?$top=1", "top=1", "text/plain", 400),
        ("/$query", "$nope=1", "text/plain", 400),
        ("/$query", "$top=1", "application/json", 415),
        ("/$query", "$top=1", "", 415),
        ("/$query", "x=" + "y" * 1_000_000, "text/plain", 413),
        ("", "$top=1", "text/plain", 405),
    ],
)
def test_what_cannot_be_posted(
    served: Client, path: str, content: str, media: str, status: int
) -> None:
    assert served.post(ROWS + path, content, media).status_code == status


def test_isolation_is_snapshot_or_refused(served: Client) -> None:
    for name in ("Isolation", "OData-Isolation"):
        assert served.get(ROWS, {name: "Snapshot"}).status_code == 200
        assert served.get(ROWS, {name: "serializable"}).status_code == 412
