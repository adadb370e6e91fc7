"""Behind a proxy: where links lead, and whose word counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

PROXY = {"DPHUB_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    rows = product({"a": "int"}, odata={"page_size": 1})
    publish(Lake.open_at(home / "lake"), rows, "SELECT i AS a FROM range(3) t(i)")
    return home


@pytest.fixture(scope="module")
def behind(home: Path) -> Iterator[Client]:
    with serving(home, **PROXY) as client:
        yield client


def links(client: Client, headers: dict[str, str], url: str = "/odata/orders/Rows") -> set[str]:
    """What every link of a page begins with."""
    answer = client.get(url, headers).json()
    found = (answer["@odata.context"], answer["@odata.nextLink"])
    return {link.partition("/odata/orders")[0] for link in found}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://hub.test"),
        ({"X-Forwarded-Proto": "https"}, "https://hub.test"),
        ({"X-Forwarded-Host": "data.example"}, "http://data.example"),
        ({"X-Forwarded-Host": "data.example:8443"}, "http://data.example:8443"),
        ({"X-Forwarded-Port": "8443"}, "http://hub.test:8443"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}, "https://hub.test"),
        ({"X-Forwarded-Host": "a.b:80", "X-Forwarded-Port": "90"}, "http://a.b:90"),
        ({"X-Forwarded-Host": "[2001:db8::1]"}, "http://[2001:db8::1]"),
        ({"X-Forwarded-Prefix": "/data/v1/"}, "http://hub.test/data/v1"),
        ({"Forwarded": "for=192.0.2.1;proto=https;host=data.example"}, "https://data.example"),
        ({"Forwarded": 'for="[2001:db8::1]:47";proto=HTTPS;host="a.b:1"'}, "https://a.b:1"),
        # The standard's header is the stronger.
        ({"Forwarded": "host=a.b", "X-Forwarded-Host": "c.d"}, "http://a.b"),
        # What a client wrote itself stands before what the trusted proxies have added.
        (
            {"X-Forwarded-For": "6.6.6.6, 192.0.2.1", "X-Forwarded-Host": "evil, a.b"},
            "http://a.b",
        ),
        (
            {"X-Forwarded-For": "192.0.2.1, 10.0.0.7", "X-Forwarded-Host": "a.b, inner"},
            "http://a.b",
        ),
        ({"Forwarded": "for=6.6.6.6;host=evil, for=192.0.2.1;host=a.b"}, "http://a.b"),
        ({"Forwarded": "for=192.0.2.1;host=a.b, for=10.0.0.7;host=inner"}, "http://a.b"),
        # What no link can hold is not taken.
        ({"X-Forwarded-Proto": "javascript"}, "http://hub.test"),
        ({"X-Forwarded-Host": "a.b/c?d"}, "http://hub.test"),
        ({"X-Forwarded-Port": "80/x"}, "http://hub.test"),
        ({"X-Forwarded-Prefix": '/a"b'}, "http://hub.test"),
        ({"X-Forwarded-Prefix": "//evil"}, "http://hub.test"),
    ],
)
def test_links_begin_where_the_client_is(
    behind: Client, headers: dict[str, str], expected: str
) -> None:
    assert links(behind, headers) == {expected}


def test_nobody_else_is_believed(home: Path) -> None:
    said = {
        "X-Forwarded-Host": "evil",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil",
    }
    with serving(home, DPHUB_TRUSTED_PROXIES="10.0.0.0/8") as client:
        assert links(client, said) == {"http://hub.test"}


def test_the_public_url_is_stronger_than_every_proxy(home: Path) -> None:
    with serving(home, DPHUB_PUBLIC_URL="https://data.example/x", **PROXY) as client:
        assert links(client, {"X-Forwarded-Host": "a.b"}) == {"https://data.example/x"}


def test_relative_links_have_the_prefix(home: Path) -> None:
    with serving(home, DPHUB_LINKS="relative", **PROXY) as client:
        assert links(client, {"X-Forwarded-Prefix": "/data"}) == {"/data"}


def test_the_root_path_is_known_with_and_without_a_proxy_that_removes_it(home: Path) -> None:
    with serving(home, DPHUB_ROOT_PATH="/data/", **PROXY) as client:
        assert links(client, {}, "/data/odata/orders/Rows") == {"http://hub.test/data"}
        assert links(client, {}, "/odata/orders/Rows") == {"http://hub.test/data"}
        assert links(client, {"X-Forwarded-Prefix": "/other"}) == {"http://hub.test/other"}
        assert client.get("/data/health").status_code == 200
        assert client.get("/database/odata/orders").status_code == 404


def test_a_page_behind_a_prefix_leads_to_the_next(home: Path) -> None:
    with serving(home, DPHUB_ROOT_PATH="/data", **PROXY) as client:
        seen, link = [], "/data/odata/orders/Rows"
        while link:
            page = client.get(link).json()
            seen += [row["a"] for row in page["value"]]
            link = page.get("@odata.nextLink", "")
        assert seen == [0, 1, 2]
