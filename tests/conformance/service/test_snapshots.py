"""Snapshots in the protocol: signed next links, pins, isolation, entity tags."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from tests.conformance.service.conftest import PEOPLE, ROWS
from tests.lake_factory import publish
from tests.unit.serving.conftest import Client, serving

HOST = "http://hub.test"
SET = "/odata/people/Rows"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake.open_at(tmp_path / "lake")
    publish(lake, PEOPLE, ROWS)
    return lake


@pytest.fixture
def client(tmp_path: Path, lake: Lake) -> Iterator[Client]:
    with serving(tmp_path) as started:
        yield started


def next_link(client: Client, url: str = SET + "?$select=id") -> str:
    link: str = client.get(url).json()["@odata.nextLink"]
    return link.removeprefix(HOST)


def test_services_with_one_secret_follow_each_others_links(tmp_path: Path, lake: Lake) -> None:
    with serving(tmp_path, DPHUB_LINK_SECRET="one") as client:
        link = next_link(client)
    with serving(tmp_path, DPHUB_LINK_SECRET="one") as client:
        assert client.get(link).json()["value"] == [{"id": "it's/c"}]
    with serving(tmp_path, DPHUB_LINK_SECRET="another") as client:
        answer = client.get(link)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadToken")


def test_without_a_setting_the_home_keeps_a_secret(tmp_path: Path, lake: Lake) -> None:
    with serving(tmp_path) as client:
        link = next_link(client)
    secret = tmp_path / "link-secret"
    assert len(secret.read_bytes()) == 32
    assert secret.stat().st_mode & 0o077 == 0
    with serving(tmp_path) as client:
        assert client.get(link).status_code == 200
    secret.write_bytes(bytes(32))
    with serving(tmp_path) as client:
        assert client.get(link).status_code == 400


def test_a_next_link_stays_in_its_snapshot(client: Client, lake: Lake) -> None:
    link = next_link(client)
    publish(lake, PEOPLE, f"SELECT * FROM ({ROWS}) WHERE id = 'a'")
    client.refresh()
    assert client.get(SET + "/$count").text == "1"
    assert client.get(link).json()["value"] == [{"id": "it's/c"}]
    assert client.get("/odata/people@0/Rows/$count").text == "3"
    assert client.get(SET + "/$count?snapshot=0").text == "3"
    assert client.get("/odata/people@0/Rows('b')/id").json()["@odata.context"] == (
        f"{HOST}/odata/people@0/$metadata#Rows('b')/id"
    )


def test_what_is_no_longer_kept_is_gone(tmp_path: Path) -> None:
    lake = Lake.open_at(tmp_path / "lake", link_lifetime=timedelta(seconds=0))
    publish(lake, PEOPLE, ROWS)
    with serving(tmp_path) as client:
        link = next_link(client)
        publish(lake, PEOPLE, f"SELECT * FROM ({ROWS}) WHERE id = 'a'")
        client.refresh()
        for url in (link, "/odata/people@0/Rows('a')/name", SET + "?snapshot=0"):
            answer = client.get(url)
            assert (answer.status_code, answer.json()["error"]["code"]) == (410, "Gone")
        assert client.get("/odata/people@7/Rows").status_code == 404


def test_a_pin_and_a_token_of_two_snapshots(client: Client, lake: Lake) -> None:
    link = next_link(client)
    publish(lake, PEOPLE, ROWS)
    client.refresh()
    assert client.get(f"{link}&snapshot=1").status_code == 400
    assert client.get(f"{link}&snapshot=0").status_code == 200


def test_tags_change_with_the_snapshot_and_never_with_its_number_alone(
    client: Client, lake: Lake
) -> None:
    paths = ["", "('a')", "('a')/name", "/$count", "/$ref", "('a')/name/$value"]
    before = [client.get(SET + path).headers["ETag"] for path in paths]
    publish(lake, PEOPLE, f"SELECT * FROM ({ROWS}) WHERE id = 'a'")
    client.refresh()
    for path, tag in zip(paths, before, strict=True):
        answer = client.get(SET + path, {"If-None-Match": tag})
        assert answer.status_code == 200, path
        again = client.get(SET + path, {"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_what_depends_on_the_moment_has_no_lasting_tag(client: Client) -> None:
    url = SET + "?$filter=now() gt 2020-01-01T00:00:00Z"
    tag = client.get(url).headers["ETag"]
    assert client.get(url, {"If-None-Match": tag}).status_code == 200


def test_pages_of_other_sites_may_ask_where_the_setting_says_so(tmp_path: Path, lake: Lake) -> None:
    origin = "https://portal.example"
    asked = {"Origin": origin}
    preflight = {**asked, "Access-Control-Request-Method": "POST"}
    with serving(tmp_path) as client:
        assert "Access-Control-Allow-Origin" not in client.get(SET, asked).headers
        assert client.request("OPTIONS", SET, preflight).status_code == 204
    with serving(tmp_path, DPHUB_CORS_ORIGINS=f"{origin}, https://other.example") as client:
        documents = "/odata/people/openapi.json", "/odata/nope/openapi.json"
        for url in (SET, SET + "?$nope=1", *documents):
            headers = client.get(url, asked).headers
            assert headers["Access-Control-Allow-Origin"] == origin
            exposed = headers["Access-Control-Expose-Headers"].split(", ")
            assert {"OData-Version", "ETag", "Preference-Applied"} <= set(exposed)
            assert headers["Vary"] == "OData-MaxVersion, Accept, Prefer, Origin, Accept-Encoding"
        allowed = client.request("OPTIONS", "/odata/people/$batch", preflight)
        assert allowed.status_code == 200
        assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
        evil = client.get(SET, {"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in evil.headers
    with serving(tmp_path, DPHUB_CORS_ORIGINS="*") as client:
        assert client.get(SET, asked).headers["Access-Control-Allow-Origin"] == "*"
