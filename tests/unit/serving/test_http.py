"""What HTTP and the standard want around the data: statuses, headers, tags, links."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from dphub_k8s.api.snapshot import Identity
from dphub_serving.sql.page import Range
from dphub_serving.sql.statement import Statement
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import TOKEN, Client, serving

ORDERS = product({"a": "int"}, odata={"default_top": 2, "max_top": 3, "page_size": 4})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    lake = Lake.open_at(home / "lake")
    publish(lake, ORDERS, "SELECT i AS a FROM range(10) t(i)")
    lake.accept(Identity(name="coming", uid="u", generation=1), "coming")
    return home


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Client]:
    with serving(home) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "url", "headers", "status"),
    [
        ("GET", "/odata", {}, 200),
        ("GET", "/odata/", {}, 200),
        ("GET", "/odata/$metadata", {}, 200),
        ("GET", "/odata/orders", {}, 200),
        ("GET", "/odata/orders/", {}, 200),
        ("GET", "/odata/orders/$metadata", {}, 200),
        ("GET", "/odata/orders/$count", {}, 200),
        ("GET", "/odata/orders/Rows", {}, 200),
        ("GET", "/odata/orders/Rows/$count", {}, 200),
        ("GET", "/odata/orders@0", {}, 200),
        ("GET", "/odata/orders@0/Rows('1~0')", {}, 200),
        ("GET", "/odata/orders?snapshot=0", {}, 200),
        ("GET", "/odata/orders('1~0')", {}, 200),
        ("GET", "/odata/orders/Rows/1~0", {}, 200),
        ("GET", "/odata/orders?custom=1", {}, 200),
        ("HEAD", "/odata/orders", {}, 200),
        ("OPTIONS", "/odata/orders", {}, 204),
        ("GET", "/odata/orders?$orderby=nope", {}, 400),
        ("GET", "/odata/orders?$nope=1", {}, 400),
        ("GET", "/odata/orders?$top=x", {}, 400),
        ("GET", "/odata/orders?$top=1&top=1", {}, 400),
        ("GET", "/odata/orders?$skiptoken=nope", {}, 400),
        ("GET", "/odata/orders", {"OData-MaxVersion": "3.0"}, 400),
        ("GET", "/odata/nope", {}, 404),
        ("GET", "/odata/orders/Nope", {}, 404),
        ("GET", "/odata/orders/No%0Ape", {}, 404),
        ("GET", "/odata/orders@7", {}, 404),
        ("GET", "/odata/orders('9~9')", {}, 404),
        ("GET", "/odatax", {}, 404),
        ("POST", "/odata/orders", {}, 405),
        ("DELETE", "/odata/orders('1~0')", {}, 405),
        ("GET", "/odata/orders", {"Accept": "text/html"}, 406),
        ("GET", "/odata/orders", {"Accept": "application/json;odata.metadata=some"}, 406),
        ("GET", "/odata/orders", {"If-Match": '"other"'}, 412),
        ("GET", "/odata/orders?$expand=a", {}, 400),
        ("GET", "/odata/orders?$apply=identity", {}, 501),
        ("GET", "/odata/orders/Rows('1~0')/nope", {}, 404),
        ("GET", "/odata/coming", {}, 503),
        ("GET", "/odata/coming/Rows", {}, 503),
    ],
)
def test_status(
    served: Client, method: str, url: str, headers: dict[str, str], status: int
) -> None:
    answer = served.request(method, url, headers)
    assert answer.status_code == status, answer.text
    if not url.startswith("/odatax"):
        assert answer.headers["OData-Version"] == "4.0"
    if status >= 400 and not url.startswith("/odatax"):
        error = answer.json()["error"]
        assert error["code"]
        assert error["message"]
        assert answer.headers["Content-Language"] == "en"
        assert answer.headers["Content-Type"] == "application/json"
    if status in {405, 204}:
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0


def test_head_says_what_get_would_send(served: Client) -> None:
    got, head = served.get("/odata/orders"), served.request("HEAD", "/odata/orders")
    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)
    assert served.request("HEAD", "/odata/nope").content == b""


@pytest.mark.parametrize(
    "url",
    [
        "/odata/",
        "/odata/$metadata",
        "/odata/orders",
        "/odata/orders/",
        "/odata/orders/$metadata",
        "/odata/orders/$count",
        "/odata/orders('1~0')",
    ],
)
def test_nothing_is_sent_to_who_has_it(served: Client, url: str) -> None:
    first = served.get(url)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    again = served.get(url, {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["OData-Version"] == "4.0"
    assert served.get(url, {"If-Match": tag}).status_code == 200
    assert served.get(url, {"If-None-Match": '"other"'}).content == first.content


def test_a_tag_is_of_one_request_and_format(served: Client) -> None:
    tags = {
        served.get("/odata/orders" + query, headers).headers["ETag"]
        for query, headers in [
            ("", {}),
            ("?$top=1", {}),
            ("", {"OData-MaxVersion": "4.01"}),
            ("", {"Prefer": "maxpagesize=1"}),
            ("", {"Accept": "application/json;odata.metadata=none"}),
        ]
    }
    assert len(tags) == 5


def test_version_4_01_writes_shorter_names(served: Client) -> None:
    answer = served.get("/odata/orders/Rows?$select=a&$count=true", {"OData-MaxVersion": "4.01"})
    assert answer.headers["OData-Version"] == "4.01"
    assert set(answer.json()) == {"@context", "@count", "value", "@nextLink"}
    assert set(answer.json()["value"][0]) == {"@id", "a"}


def test_without_metadata_only_count_and_link_remain(served: Client) -> None:
    accept = {"Accept": "application/json;odata.metadata=none"}
    assert set(served.get("/odata/orders", accept).json()) == {
        "@odata.count",
        "value",
        "@odata.nextLink",
    }
    assert set(served.get("/odata/orders('1~0')", accept).json()) == {"id", "a"}


def test_the_quick_look_has_the_page_of_the_policy_and_the_set_its_own(served: Client) -> None:
    assert len(served.get("/odata/orders").json()["value"]) == 2
    assert len(served.get("/odata/orders?$top=9").json()["value"]) == 3
    assert len(served.get("/odata/orders/Rows").json()["value"]) == 4
    assert "@odata.count" not in served.get("/odata/orders/Rows").json()
    page = served.get("/odata/orders/Rows", {"Prefer": "odata.maxpagesize=3"})
    assert len(page.json()["value"]) == 3
    assert page.headers["Preference-Applied"] == "odata.maxpagesize=3"


def test_the_hub_has_a_set_for_every_product(served: Client) -> None:
    sets = served.get("/odata/").json()["value"]
    assert [each["name"] for each in sets] == ["orders"]
    metadata = served.get("/odata/orders/$metadata")
    assert metadata.headers["Content-Type"].startswith("application/xml")
    assert "EntityType" in metadata.text
    accept = {"Accept": "application/json", "OData-MaxVersion": "4.01"}
    assert served.get("/odata/orders/$metadata", accept).json()["$Version"] == "4.01"


def test_links_name_the_host_that_was_asked(served: Client) -> None:
    page = served.get("/odata/orders", {"Host": "data.example:8443"}).json()
    assert page["@odata.context"].startswith("http://data.example:8443/odata/orders/$metadata#Rows")
    assert page["@odata.nextLink"].startswith("http://data.example:8443/odata/orders?")
    other = served.get("/odata/orders").json()
    assert other["@odata.nextLink"].startswith("http://hub.test/odata/orders?$skip=2&$top=2&")


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        (
            {"DPHUB_PUBLIC_URL": "https://data.example/hub/"},
            "https://data.example/hub/odata/orders",
        ),
        ({"DPHUB_LINKS": "relative"}, "/odata/orders"),
    ],
)
def test_links_begin_as_the_setting_says(home: Path, settings: dict[str, str], start: str) -> None:
    with serving(home, **settings) as client:
        page = client.get("/odata/orders").json()
        assert page["@odata.nextLink"].startswith(start + "?")
        assert page["@odata.context"].startswith(start + "/$metadata#Rows")


def test_reload_is_for_who_has_the_token(home: Path, served: Client) -> None:
    url = "/internal/reload-config"
    assert served.request("POST", url).status_code == 401
    assert served.request("POST", url, {"Authorization": "Bearer no"}).status_code == 401
    answer = served.request("POST", url, {"Authorization": f"Bearer {TOKEN}"})
    assert answer.json() == {"served": 1, "accepted": 1, "faults": 0}
    with serving(home, DPHUB_RELOAD_TOKEN="") as client:
        refused = client.request("POST", url, {"Authorization": "Bearer "})
        assert refused.status_code == 503
        assert "DPHUB_RELOAD_TOKEN" in refused.text


def test_health_tells_what_is_served(served: Client) -> None:
    health = served.get("/health").json()
    assert health["status"] == "ok"
    assert health["products"]["orders"]["rows"] == 10
    assert health["waiting"] == ["coming"]
    for path in ("/livez", "/readyz", "/health"):
        assert served.get(path).status_code == 200
        assert served.request("HEAD", path).status_code == 200
    assert served.get("/").json()["odata"] == "/odata/"


def test_a_long_answer_ends_at_its_deadline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Statement("SELECT count(*) FROM range(1000000) a, range(1000000) b", ())

    def slow(*_: object) -> Range:
        return Range(endless, 0, 1, 1)

    monkeypatch.setattr("dphub_serving.routes.encoder.compile_page", slow)
    with serving(home, DPHUB_QUERY_SECONDS="0.2") as client:
        answer = client.get("/odata/orders")
        assert answer.status_code == 504
        assert answer.json()["error"]["code"] == "DeadlineExceeded"


def test_what_nobody_thought_of_tells_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/secret/path SELECT")

    monkeypatch.setattr("dphub_serving.routes.encoder.compile_page", broken)
    with serving(home) as client, caplog.at_level(logging.ERROR, "dphub.serving"):
        answer = client.get("/odata/orders")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "InternalError"
    assert "secret" not in answer.text
    assert answer.headers["OData-Version"] == "4.0"
    (record,) = [each for each in caplog.records if each.name == "dphub.serving"]
    assert vars(record)["path"] == "/odata/orders"


def test_a_lake_may_lie_in_a_folder_that_reads_like_a_partition(tmp_path: Path) -> None:
    home = tmp_path / "year=2024"
    publish(Lake.open_at(home / "lake"), ORDERS, "SELECT i AS a FROM range(3) t(i)")
    with serving(home) as client:
        assert client.get("/odata/orders").status_code == 200
        assert "year" not in client.get("/odata/orders").json()["value"][0]
