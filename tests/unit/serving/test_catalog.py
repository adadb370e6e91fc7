"""The catalog follows the lake; what is wrong with one product stays with it."""

import json
import os
import random
from datetime import timedelta
from pathlib import Path

import pytest

from dphub_assets.lake.reader import LakeReader
from dphub_assets.lake.writer import Lake
from dphub_k8s.api.snapshot import Identity
from dphub_serving.catalog.reading import CatalogReader
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client

ORDERS = product({"a": "int"})
ONE, TWO = "SELECT 1 AS a", "SELECT 2 AS a"


def pointer(lake: Lake, name: str) -> Path:
    return Path(lake.uri(name)).parents[1] / "pointers" / f"{name}.json"


def values(client: Client, url: str = "/odata/orders") -> list[int]:
    return [row["a"] for row in client.get(url).json()["value"]]


def test_a_product_is_unknown_then_awaited_then_served_then_gone(
    lake: Lake, client: Client
) -> None:
    assert client.get("/odata/orders").status_code == 404
    lake.accept(Identity(name="orders", uid="uid-1", generation=1), "orders")
    client.refresh()
    assert client.get("/odata/orders").status_code == 503
    publish(lake, ORDERS, ONE)
    client.refresh()
    assert values(client) == [1]
    lake.retire("orders")
    client.refresh()
    assert client.get("/odata/orders").status_code == 404


def test_a_new_snapshot_is_served_and_the_one_before_by_its_number(
    lake: Lake, client: Client
) -> None:
    publish(lake, ORDERS, ONE)
    publish(lake, ORDERS, TWO)
    client.refresh()
    assert values(client) == [2]
    for old in ("/odata/orders@0", "/odata/orders?snapshot=0", "/odata/orders@0/Rows"):
        assert values(client, old) == [1]
    assert client.get("/odata/orders@0/Rows('1~0')").status_code == 200
    assert client.get("/odata/orders@1/Rows('1~0')").status_code == 404
    assert client.get("/odata/orders@0/$metadata").status_code == 200


def test_page_sizes_change_without_new_rows(lake: Lake, client: Client) -> None:
    publish(lake, ORDERS, "SELECT i AS a FROM range(9) t(i)")
    client.refresh()
    assert len(values(client)) == 9
    lake.republish(
        product({"a": "int"}, odata={"default_top": 4}),
        Identity(name="orders", uid="uid-1", generation=2),
    )
    client.refresh()
    assert len(values(client)) == 4


def test_a_link_lives_as_long_as_promised(tmp_path: Path, client: Client) -> None:
    lake = Lake.open_at(tmp_path / "lake", link_lifetime=timedelta(seconds=0))
    wanted = product({"a": "int"}, odata={"default_top": 1})
    publish(lake, wanted, "SELECT i AS a FROM range(3) t(i)")
    client.refresh()
    link = client.get("/odata/orders").json()["@odata.nextLink"]
    assert values(client, link) == [1]
    publish(lake, wanted, TWO)
    client.refresh()
    gone = client.get(link)
    assert gone.status_code == 410
    assert gone.json()["error"]["code"] == "Gone"


def test_a_link_goes_on_in_its_own_snapshot(lake: Lake, client: Client) -> None:
    wanted = product({"a": "int"}, odata={"default_top": 2})
    publish(lake, wanted, "SELECT i AS a FROM range(6) t(i)")
    client.refresh()
    first = client.get("/odata/orders?$orderby=a desc").json()
    publish(lake, wanted, "SELECT 100 + i AS a FROM range(6) t(i)")
    client.refresh()
    rest, link = [], first["@odata.nextLink"]
    while link:
        page = client.get(link).json()
        rest += [row["a"] for row in page["value"]]
        link = page.get("@odata.nextLink", "")
    assert rest == [3, 2, 1, 0]


@pytest.mark.parametrize("broken", [b"{", b"", b'{"formatVersion": 1}'])
def test_an_unreadable_pointer_leaves_what_was_served(
    lake: Lake, client: Client, broken: bytes
) -> None:
    publish(lake, ORDERS, ONE)
    publish(lake, product({"a": "int"}, name="others"), TWO)
    client.refresh()
    pointer(lake, "orders").write_bytes(broken)
    client.refresh()
    assert values(client) == [1]
    assert values(client, "/odata/others") == [2]
    health = client.get("/health").json()
    assert health["status"] == "degraded"
    assert list(health["degraded"]) == ["orders"]


def test_a_pointer_to_what_no_file_is_called_leaves_what_was_served(
    lake: Lake, client: Client
) -> None:
    publish(lake, ORDERS, ONE)
    publish(lake, product({"a": "int"}, name="others"), TWO)
    client.refresh()
    found = json.loads(pointer(lake, "orders").read_bytes())
    found["current"]["id"] = "\0"
    pointer(lake, "orders").write_text(json.dumps(found))
    client.refresh()
    assert (values(client), values(client, "/odata/others")) == ([1], [2])
    assert list(client.get("/health").json()["degraded"]) == ["orders"]


def test_a_snapshot_without_its_file_is_not_served_and_says_so(lake: Lake, client: Client) -> None:
    publish(lake, ORDERS, ONE)
    client.refresh()
    second = publish(lake, ORDERS, TWO)
    lake.local(second, second.document.files[0]).unlink()
    client.refresh()
    assert values(client) == [1]
    assert "is not there" in client.get("/health").json()["degraded"]["orders"]


@pytest.mark.parametrize(
    ("known", "future"), [('"int"', '"tensor"'), ('"key_column": "id"', '"key_column": "it"')]
)
def test_a_snapshot_that_is_not_understood_is_no_end_of_the_service(
    lake: Lake, client: Client, known: str, future: str
) -> None:
    """Whoever built it may know more than this version."""
    publish(lake, ORDERS, ONE)
    publish(lake, product({"a": "int"}, name="others"), ONE)
    client.refresh()
    publish(lake, ORDERS, TWO)
    current = lake.current("orders")
    assert current
    document = Path(lake.uri("orders")) / "_dphub" / f"{current.document.id}.json"
    document.write_text(document.read_text().replace(known, future))
    publish(lake, product({"a": "int"}, name="others"), TWO)
    client.refresh()
    assert (values(client), values(client, "/odata/others")) == ([1], [2])
    assert "not understood" in client.get("/health").json()["degraded"]["orders"]


def test_a_file_that_goes_away_later_is_no_end_of_the_service(lake: Lake, client: Client) -> None:
    found = publish(lake, ORDERS, ONE)
    client.refresh()
    lake.local(found, found.document.files[0]).unlink()
    answer = client.get("/odata/orders")
    assert answer.status_code == 503
    assert "parquet" not in answer.text
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("left", [0.0, 0.02, 0.5, 0.99])
def test_a_file_that_is_cut_off_later_is_no_end_of_the_service(
    lake: Lake, client: Client, left: float
) -> None:
    found = publish(lake, ORDERS, "SELECT i AS a FROM range(5000) t(i)")
    client.refresh()
    file = lake.local(found, found.document.files[0])
    whole = file.read_bytes()
    file.write_bytes(whole[: int(left * len(whole))])
    for url in ("/odata/orders", "/odata/orders?$filter=a gt 7", "/odata/orders?$orderby=a desc"):
        answer = client.get(url)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.text
    file.write_bytes(whole)
    assert values(client)[:2] == [0, 1]


def test_whatever_is_damaged_in_a_file_is_no_end_of_the_service(lake: Lake, client: Client) -> None:
    orders = product({"a": "int", "b": "string"})
    found = publish(lake, orders, "SELECT i AS a, 't' || i % 97 AS b FROM range(5000) t(i)")
    client.refresh()
    file = lake.local(found, found.document.files[0])
    whole, statuses = file.read_bytes(), set[int]()
    for case in range(40):
        chosen = random.Random(case)
        damaged = bytearray(whole)
        at = len(whole) - 1 - chosen.randrange(chosen.choice((1000, len(whole))))
        damaged[at] ^= 1 << chosen.randrange(8)
        file.write_bytes(damaged)
        os.utime(file, (case, case))  # DuckDB keeps what it knows of a file by its second
        answer = client.get(f"/odata/orders?$filter=a gt {case}")
        assert answer.status_code in (200, 503), (case, answer.text)
        statuses.add(answer.status_code)
    assert statuses == {200, 503}
    file.write_bytes(whole)
    assert values(client)[:2] == [0, 1]


def test_a_route_belongs_to_who_has_it(lake: Lake, client: Client) -> None:
    publish(lake, ORDERS, ONE)
    client.refresh()
    rival = product({"a": "int"}, name="another", api={"path": "/orders", "resource": "Rows"})
    publish(lake, rival, TWO)
    client.refresh()
    assert values(client) == [1]
    assert "is the path of orders" in client.get("/health").json()["degraded"]["another"]
    lake.retire("orders")
    client.refresh()
    assert values(client) == [2]


def test_a_product_created_again_is_another_one(lake: Lake, client: Client) -> None:
    publish(lake, ORDERS, ONE)
    client.refresh()
    lake.retire("orders")
    lake.accept(Identity(name="orders", uid="uid-2", generation=1), "orders")
    client.refresh()
    assert client.get("/odata/orders").status_code == 503


def test_only_what_changed_is_read(lake: Lake, tmp_path: Path) -> None:
    publish(lake, ORDERS, ONE)
    publish(lake, product({"a": "int"}, name="others"), ONE)
    reader = CatalogReader(LakeReader.at(tmp_path / "lake"))
    before = reader.refresh()
    publish(lake, ORDERS, TWO)
    after = reader.refresh()
    assert after.products["others"] is before.products["others"]
    assert after.products["orders"] is not before.products["orders"]
    assert after.state != before.state
    assert reader.refresh().state == after.state


def test_a_lake_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    assert CatalogReader(LakeReader.at(tmp_path / "nowhere")).refresh().routes == {}


def test_the_hub_serves_a_product_under_its_identifier(lake: Lake, client: Client) -> None:
    publish(lake, product({"a": "int"}, name="my-orders"), TWO)
    client.refresh()
    assert values(client, "/odata/my_orders") == [2]
    assert client.get("/odata/my_orders/$count").text == "1"
    assert client.get("/odata/my_orders('2~0')").json()["a"] == 2
    assert (
        client.get("/odata/my_orders")
        .json()["@odata.context"]
        .endswith("/odata/$metadata#my_orders")
    )


def test_while_the_lake_is_gone_what_was_served_stays(
    lake: Lake, client: Client, tmp_path: Path
) -> None:
    for rows in (ONE, TWO):
        publish(lake, ORDERS, rows)
    client.refresh()
    aside = (tmp_path / "lake").rename(tmp_path / "aside")
    client.refresh()
    assert client.get("/odata/orders").status_code == 503
    assert client.get("/odata/orders@0").status_code == 503
    assert client.get("/odata/orders/$metadata").status_code == 200
    aside.rename(tmp_path / "lake")
    assert values(client) == [2]
    assert values(client, "/odata/orders@0") == [1]
