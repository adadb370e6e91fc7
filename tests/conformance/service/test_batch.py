"""Parts of batches: OData Protocol 4.01, section 11.7; JSON Format 4.01, section 19."""

import json
from pathlib import Path

import pytest

from tests.conformance.service.batches import BATCH, MIXED, ask, ask_json, asking, get, part
from tests.unit.serving.conftest import Client, serving


@pytest.mark.parametrize(
    "url",
    [
        "Rows('a')/name",
        "/odata/people/Rows('a')/name",
        "http://hub.test/odata/people/Rows('a')/name",
        "http://hub.test:80/odata/people/Rows('a')/name",
        "../people/Rows('a')/name",
    ],
)
def test_a_url_may_be_relative_or_absolute(served: Client, url: str) -> None:
    ((status, head, body),) = ask(served, get(url))
    assert (status, json.loads(body)["value"]) == (200, "Ann")
    assert head["OData-Version"] == "4.0"
    assert head["ETag"].startswith('W/"')
    (found,) = ask_json(served, asking("1", url))
    assert (found["status"], found["body"]["value"]) == (200, "Ann")
    assert found["headers"]["odata-version"] == "4.0"


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        ("http://elsewhere/odata/people/Rows", [], 404),
        ("/other/people/Rows", [], 404),
        ("/odata/people/Rows", ["Host: elsewhere"], 404),
        ("/odata/people/Rows", ["Host: hub.test"], 200),
        ("$batch", [], 405),
        ("Rows?$filter=id eq 'a'", [], 200),
        ("Rows?$filter=nope", [], 400),
        ("Rows", ["Accept: text/html"], 406),
        ("Rows", ["OData-MaxVersion: 3.0"], 400),
        ("Rows/$count", [], 200),
        ("Nope", [], 404),
    ],
)
def test_every_part_has_its_own_status(
    served: Client, url: str, headers: list[str], status: int
) -> None:
    ((found, _, body),) = ask(served, get(url, *headers))
    assert found == status, body
    if status >= 400:
        assert json.loads(body)["error"]["message"]


def test_writes_are_refused_in_their_part(served: Client) -> None:
    write = part("DELETE Rows('a') HTTP/1.1")
    ((status, head, _),) = ask(served, write)
    assert (status, head["Allow"]) == (405, "GET, HEAD, OPTIONS")
    changes = (
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-ID: s\r\n\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
        "POST Rows HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\n"
        "DELETE Rows('a') HTTP/1.1\r\n\r\n\r\n--c--\r\n"
    )
    first, second = ask(served, changes, get("Rows/$count"), prefer="continue-on-error")
    assert (first[0], first[1]["X-Content-ID"]) == (405, "s")
    assert (second[0], second[2]) == (200, "3")


def test_a_batch_ends_at_the_first_error_unless_told_otherwise(served: Client) -> None:
    parts = [get("Rows/$count"), get("Nope"), get("Rows/$count")]
    assert [each[0] for each in ask(served, *parts)] == [200, 404]
    assert [each[0] for each in ask(served, *parts, prefer="odata.continue-on-error=false")] == [
        *(200, 404),
    ]
    assert [each[0] for each in ask(served, *parts, prefer="continue-on-error")] == [200, 404, 200]
    requests = [asking("1", "Rows/$count"), asking("2", "Nope"), asking("3", "Rows/$count")]
    assert [each["status"] for each in ask_json(served, *requests)] == [200, 404, 200]
    stopped = ask_json(served, *requests, prefer="continue-on-error=false")
    assert [(each["id"], each["status"]) for each in stopped] == [("1", 200), ("2", 404)]


def test_what_the_batch_prefers_is_said(served: Client) -> None:
    content = json.dumps({"requests": []})
    for version, name in [("4.0", "odata.continue-on-error"), ("4.01", "continue-on-error")]:
        headers = {"Prefer": "continue-on-error", "OData-MaxVersion": version}
        answer = served.post(BATCH, content, "application/json", headers)
        assert answer.headers["Preference-Applied"] == f"{name}=true"
        assert answer.headers["OData-Version"] == version
        assert answer.json() == {"responses": []}


def test_parts_have_headers_of_the_batch_and_their_own(served: Client) -> None:
    headers = {
        "OData-MaxVersion": "4.01",
        "Prefer": "maxpagesize=1",
        "Accept": "multipart/mixed, application/json;metadata=none",
    }
    content = get("Rows") + get(
        "Rows", "Prefer: maxpagesize=2", "OData-MaxVersion: 4.0", "Accept: */*"
    )
    answer = served.post(BATCH, content + "--b--", MIXED, headers)
    first, second = answer.text.split("application/http")[1:]
    assert "OData-Version: 4.01\r\n" in first
    assert "Preference-Applied: maxpagesize=1\r\n" in first
    assert "@context" not in first
    assert "OData-Version: 4.0\r\n" in second
    assert "Preference-Applied: odata.maxpagesize=2\r\n" in second
    assert "@odata.context" in second


def test_names_of_parts_come_back_in_order(served: Client) -> None:
    found = ask(served, *(get("Rows/$count", mime=f"Content-ID: p{n}\r\n") for n in range(20)))
    assert [each[1]["X-Content-ID"] for each in found] == [f"p{n}" for n in range(20)]
    answers = ask_json(served, *(asking(f"p{n}", "Rows/$count") for n in range(20)))
    assert [(each["id"], each["body"]) for each in answers] == [(f"p{n}", "3") for n in range(20)]


def test_one_part_can_name_another_ones_resource(served: Client) -> None:
    first = asking("1", "Rows('a')?$select=id")
    _, second = ask_json(served, first, asking("2", "$1/name", dependsOn=["1"]))
    assert second["body"]["value"] == "Ann"
    parts = [
        get("Rows('a')", mime="Content-ID: x\r\n"),
        get("$x/home", mime="Content-ID: y\r\n"),
        get("$y/city", mime="Content-ID: metadata\r\n"),
        get("$metadata"),
        get("$x?$select=name"),
        get("$z/name"),
    ]
    found = ask(served, *parts)
    assert json.loads(found[2][2])["value"] == "Ulm"
    assert found[3][2].startswith("<?xml")
    assert json.loads(found[4][2])["name"] == "Ann"
    assert found[5][0] == 404


@pytest.mark.parametrize(
    ("settings", "url", "status"),
    [
        ({"DPHUB_PUBLIC_URL": "https://data.example/hub"}, "/hub/odata/people/Rows/$count", 200),
        ({"DPHUB_PUBLIC_URL": "https://data.example/hub"}, "/odata/people/Rows/$count", 200),
        (
            {"DPHUB_PUBLIC_URL": "https://data.example/hub"},
            "https://data.example/hub/odata/people/Rows/$count",
            200,
        ),
        ({"DPHUB_PUBLIC_URL": "https://data.example/hub"}, "https://x/hub/odata/people/Rows", 404),
        ({"DPHUB_LINKS": "relative"}, "http://hub.test/odata/people/Rows/$count", 200),
        ({"DPHUB_LINKS": "relative"}, "Rows/$count", 200),
        ({"DPHUB_LINKS": "relative"}, "http://elsewhere/odata/people/Rows/$count", 404),
    ],
)
def test_urls_are_of_the_host_that_the_client_sees(
    home: Path, settings: dict[str, str], url: str, status: int
) -> None:
    with serving(home, **settings) as client:
        ((found, _, body),) = ask(client, get(url))
        assert found == status, body


def test_what_depends_on_a_failure_fails(served: Client) -> None:
    requests = [
        asking("1", "Nope"),
        asking("2", "Rows/$count", dependsOn=["1"]),
        asking("3", "Rows/$count", dependsOn=["2"]),
        asking("4", "Rows/$count"),
        asking("5", "Rows/$count", dependsOn=["4"]),
        asking("6", "Rows/$count", **{"if": "$4/x eq 1"}),
    ]
    found = ask_json(served, *requests)
    assert [each["status"] for each in found] == [404, 424, 424, 200, 200, 424]
    assert found[1]["body"]["error"]["message"] == "'1' failed"


def test_of_a_group_all_succeed_or_none(served: Client) -> None:
    requests = [
        asking("1", "Rows/$count", atomicityGroup="g"),
        asking("2", "Nope", atomicityGroup="g"),
        asking("3", "Rows/$count", dependsOn=["g"]),
        asking("4", "Rows/$count", atomicityGroup="h"),
        asking("5", "Rows/$count", atomicityGroup="h", dependsOn=["4"]),
        asking("6", "Rows/$count", dependsOn=["h"]),
    ]
    found = ask_json(served, *requests)
    assert [each["status"] for each in found] == [424, 404, 424, 200, 200, 200]
    assert [each.get("atomicityGroup") for each in found] == ["g", "g", None, "h", "h", None]


def test_bodies_are_json_text_or_base64url(served: Client) -> None:
    found = ask_json(
        served,
        asking("1", "Rows('a')/name"),
        asking("2", "$metadata"),
        asking("3", "Rows('a')/raw/$value"),
        asking("4", "Rows('b')/name"),
    )
    assert found[0]["body"]["value"] == "Ann"
    assert found[1]["body"].startswith("<?xml")
    assert found[2]["body"] == "YWI="
    assert found[3]["status"] == 204
    assert "body" not in found[3]


def test_options_can_be_posted_in_a_part(served: Client) -> None:
    text = "Content-Type: text/plain"
    body = part("POST Rows/$query HTTP/1.1", text, "", "$filter=id eq 'a'&$select=id")
    ((status, _, found),) = ask(served, body)
    assert (status, json.loads(found)["value"]) == (200, [{"id": "a"}])
    posted = asking(
        "1", "Rows/$query", body="$select=id&$top=1", headers={"content-type": "text/plain"}
    )
    (answer,) = ask_json(served, {**posted, "method": "POST"})
    assert answer["body"]["value"] == [{"id": "a"}]
