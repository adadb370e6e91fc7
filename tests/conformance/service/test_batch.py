"""Batches: OData Protocol 4.01, section 11.7; JSON Format 4.01, section 19."""

import json
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.catalog.polling import Polling
from dphub_serving.odata.batch.parts import MAX_PARTS
from dphub_serving.routes.batch import MAX_BYTES
from tests.conformance.service.conftest import PEOPLE, ROWS
from tests.lake_factory import publish
from tests.unit.serving.conftest import Client, serving

BATCH = "/odata/people/$batch"
MIXED = 'multipart/mixed; boundary="b"'


def part(request: str, *headers: str, mime: str = "") -> str:
    lines = [request, *headers, "", ""]
    return f"--b\r\nContent-Type: application/http\r\n{mime}\r\n" + "\r\n".join(lines) + "\r\n"


def get(url: str, *headers: str, mime: str = "") -> str:
    return part(f"GET {url} HTTP/1.1", *headers, mime=mime)


def ask(served: Client, *parts: str, prefer: str | None = None) -> list[tuple[int, Message, str]]:
    """Status, headers and body of every part."""
    headers = {"Prefer": prefer} if prefer else {}
    answer = served.post(BATCH, "".join(parts) + "--b--\r\n", MIXED, headers)
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + answer.content)
    assert not message.defects
    around, _, _ = answer.content.partition(b"<?xml")  # which has lines of its own
    assert b"\n" not in around.replace(b"\r\n", b"")
    return [read(each) for each in message.get_payload()]  # type: ignore[arg-type]


def read(each: Message) -> tuple[int, Message, str]:
    assert each.get_content_type() == "application/http"
    line, _, rest = each.get_payload(decode=True).partition(b"\r\n")  # type: ignore[union-attr]
    inner = BytesParser().parsebytes(rest)
    inner["X-Content-ID"] = each["Content-ID"] or ""
    body = inner.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert len(body) == int(inner["Content-Length"] or 0)
    return int(line.split()[1]), inner, body.decode()


def ask_json(
    served: Client, *requests: dict[str, Any], prefer: str | None = None
) -> list[dict[str, Any]]:
    headers = {"Prefer": prefer} if prefer else {}
    content = json.dumps({"requests": requests})
    answer = served.post(BATCH, content, "application/json", headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["responses"]
    return found


def asking(id: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "method": "get", "url": url, **more}


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
    statuses = [each["status"] for each in ask_json(served, *requests)]
    assert statuses == [404, 424, 424, 200, 200, 424]


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


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json, text/plain, */*", "multipart/mixed"),
        ("*/*", "multipart/mixed"),
        ("application/json, multipart/mixed;q=0.9", "application/json"),
        ("application/json, multipart/*", "multipart/mixed"),
        ("application/json;q=0.5, */*;q=0.1", "application/json"),
        ("multipart/mixed;q=0, */*", "application/json"),
    ],
)
def test_a_batch_is_answered_as_it_was_asked_unless_another_format_is_liked_better(
    served: Client, accept: str, media: str
) -> None:
    content = get("Rows/$count") + "--b--"
    answer = served.post(BATCH, content, MIXED, {"Accept": accept})
    assert answer.headers["Content-Type"].partition(";")[0] == media


def test_formats_of_requests_and_responses_may_differ(served: Client) -> None:
    answer = served.post(BATCH, get("Rows/$count") + "--b--", MIXED, {"Accept": "application/json"})
    assert answer.json()["responses"][0]["body"] == "3"
    assert "id" not in answer.json()["responses"][0]
    content = json.dumps({"requests": [asking("1", "Rows/$count")]})
    accept = {"Accept": "multipart/mixed;q=0.9, text/html"}
    answer = served.post(BATCH, content, "application/json", accept)
    assert answer.headers["Content-Type"].startswith("multipart/mixed;boundary=")


@pytest.mark.parametrize(
    ("content", "media", "headers", "status"),
    [
        ("", MIXED, {}, 400),
        ("--b\r\nContent-Type: application/http\r\n\r\nGET Rows", MIXED, {}, 400),
        (get("Rows") + "--b--", "multipart/mixed", {}, 400),
        ("{", "application/json", {}, 400),
        ("[" * 100_000, "application/json", {}, 400),
        ("[]", "application/json", {}, 400),
        (json.dumps({"requests": [asking("\ud800", "Rows")]}), "application/json", {}, 400),
        (json.dumps({"requests": [asking("1", "Rows('\udfff')")]}), "application/json", {}, 400),
        ('{"requests":[{"id":"1","method":"get","url":"x","headers":{"a":"b\\r\\nc: d"}}]}', "application/json", {}, 400),  # noqa: E501
        ("{}", "application/json", {}, 400),
        ('{"requests":[1]}', "application/json", {}, 400),
        ('{"requests":[{"id":"1","url":"x"}]}', "application/json", {}, 400),
        ('{"requests":[{"id":1,"method":"get","url":"x"}]}', "application/json", {}, 400),
        ('{"requests":[{"id":"1","method":"get","url":"x","headers":[1]}]}', "application/json", {}, 400),  # noqa: E501
        ('{"requests":[{"id":"1","method":"get","url":"x","dependsOn":["2"]}]}', "application/json", {}, 400),  # noqa: E501
        ('{"requests":[{"id":"1","method":"get","url":"x","dependsOn":["1"]}]}', "application/json", {}, 400),  # noqa: E501
        (json.dumps({"requests": [asking("1", "x")] * 2}), "application/json", {}, 400),
        (json.dumps({"requests": [asking("1", "x")] * (MAX_PARTS + 1)}), "application/json", {}, 413),  # noqa: E501
        (get("x") * (MAX_PARTS + 1) + "--b--", MIXED, {}, 413),
        (" " * (MAX_BYTES + 1), "application/json", {}, 413),
        ("x", "text/plain", {}, 415),
        ('{"requests":[]}', "application/json", {"Content-Encoding": "gzip"}, 415),
        ('{"requests":[]}', "application/json", {"Accept": "text/html"}, 406),
        ('{"requests":[]}', "application/json", {"If-None-Match": "*"}, 400),
        ('{"requests":[]}', "application/json", {"Isolation": "serializable"}, 412),
        ('{"requests":[]}', "application/json", {"OData-MaxVersion": "2.0"}, 400),
    ],
)  # fmt: skip
def test_a_batch_that_is_none(
    served: Client, content: str, media: str, headers: dict[str, str], status: int
) -> None:
    answer = served.post(BATCH, content, media, headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_what_is_not_served_has_no_batch(served: Client) -> None:
    answer = served.post("/odata/nope/$batch", '{"requests":[]}', "application/json")
    assert answer.status_code == 404


def test_an_id_adds_no_header(served: Client) -> None:
    content = json.dumps({"requests": [asking("1\r\nETag: x", "Rows/$count")]})
    answer = served.post(BATCH, content, "application/json", {"Accept": "multipart/mixed"})
    assert "\r\nContent-ID: 1ETag: x\r\n\r\nHTTP/1.1 200" in answer.text


def test_a_request_line_may_end_with_its_url(served: Client) -> None:
    # As in the examples of OData Protocol 4.01, section 11.7.7.
    whole, filtered = ask(
        served, part("GET Rows/$count"), part("GET Rows/$count?$filter=id eq 'a'")
    )
    assert (whole[0], whole[2]) == (200, "3")
    assert (filtered[0], filtered[2]) == (200, "1")


def test_a_part_that_is_none(served: Client) -> None:
    odd = "--b\r\nContent-Type: text/plain\r\n\r\nGET Rows HTTP/1.1\r\n\r\n\r\n"
    for broken in (odd, part("GET"), part("")):
        first, second = ask(served, broken, get("Rows/$count"), prefer="continue-on-error")
        assert (first[0], second[0]) == (400, 200)


def test_a_batch_holds_no_other(served: Client) -> None:
    inner = "Content-Type: application/json"
    nested = part("POST $batch HTTP/1.1", inner, "", '{"requests":[]}')
    ((status, _, body),) = ask(served, nested)
    assert (status, json.loads(body)["error"]["target"]) == (400, "$batch")


def test_a_batch_is_posted(served: Client) -> None:
    for method in ("GET", "PUT"):
        answer = served.request(method, BATCH)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert served.request("OPTIONS", BATCH).headers["Allow"] == "POST, OPTIONS"


def test_the_hub_has_a_batch_of_its_own(served: Client) -> None:
    content = json.dumps(
        {"requests": [asking("1", "people/$count"), asking("2", "people('a')/name")]}
    )
    found = served.post("/odata/$batch", content, "application/json").json()["responses"]
    assert [each["status"] for each in found] == [200, 200]


@pytest.mark.parametrize(
    ("headers", "isolated"),
    [({}, False), ({"Isolation": "snapshot"}, True), ({"OData-Isolation": "snapshot"}, True)],
)
def test_parts_of_an_isolated_batch_read_one_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], isolated: bool
) -> None:
    lake = Lake.open_at(tmp_path / "lake")
    publish(lake, PEOPLE, ROWS)
    looks: list[Polling] = []

    async def keep_up(self: Polling) -> None:
        """Between the batch and its first part a snapshot is published."""
        looks.append(self)
        if len(looks) == 2:
            publish(
                lake, PEOPLE, f"{ROWS} UNION ALL SELECT 'new', * EXCLUDE (id) FROM ({ROWS}) LIMIT 4"
            )
            await self.refresh()

    with serving(tmp_path) as client:
        monkeypatch.setattr(Polling, "keep_up", keep_up)
        asked = json.dumps({"requests": [asking("1", "Rows/$count"), asking("2", "Rows/$count")]})
        found = client.post(BATCH, asked, "application/json", headers).json()["responses"]
    counts = [each["body"] for each in found]
    assert counts == ["3", "3"] if isolated else counts[0] == "4"
