"""Batches as a whole: their formats, what is none, and the snapshots that they read."""

import json
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.catalog.polling import Polling
from dphub_serving.odata.batch.parts import MAX_PARTS
from dphub_serving.routes.batch import MAX_BYTES
from tests.conformance.service.batches import BATCH, MIXED, ask, asking, get, part
from tests.conformance.service.conftest import PEOPLE, ROWS
from tests.lake_factory import publish
from tests.unit.serving.conftest import Client, serving


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
        ("sent later", "application/json", {"Content-Length": str(MAX_BYTES + 1)}, 413),
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


@pytest.mark.parametrize(
    ("content", "media", "why"),
    [
        ("--c\r\n\r\n--c--", MIXED, "nothing begins with the boundary that Content-Type names"),
        (get("Rows") + "--b--", "multipart/mixed", "Content-Type names no boundary"),
        (get("Rows"), MIXED, "the boundary at its end is missing"),
    ],
)
def test_a_batch_that_is_none_says_why(served: Client, content: str, media: str, why: str) -> None:
    message = served.post(BATCH, content, media, {}).json()["error"]["message"]
    assert message == f"the batch cannot be read as multipart/mixed: {why}"


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
