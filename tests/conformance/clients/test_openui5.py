"""What the ODataModel of OpenUI5 1.152 sends for one entity: parts that are shown later are read by
requests of their own, and the tag of each answer is taken for the entity's."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import build_products
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

ORDER = "/odata/sales/Orders(1)"
ACCEPT = {"Accept": "application/json;odata.metadata=minimal;IEEE754Compatible=true"}
PARTS = (
    *("?$select=total", "?$select=number,total", "", "?$expand=items,buyer($select=id,name)"),
    "?$select=&$expand=buyer($select=id,name)",
)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    related.publish(tmp_path, related.sales(), related.customers())
    with serving(tmp_path / "home") as client:
        yield client


def asked(client: Client, path: str, parts: Sequence[str], **headers: str) -> list[dict[str, Any]]:
    """The responses to the parts, in one batch."""
    requests = [
        {"id": str(number), "method": "GET", "url": path + part, "headers": {**ACCEPT, **headers}}
        for number, part in enumerate(parts)
    ]
    body = json.dumps({"requests": requests})
    answer = client.post("/odata/sales/$batch", body, "application/json")
    found: list[dict[str, Any]] = answer.json()["responses"]
    return found


@pytest.mark.parametrize("path", [ORDER, f"{ORDER}/buyer/orders(1)", "/odata/sales(1)"])
def test_parts_of_an_entity_have_one_tag_in_a_batch(client: Client, path: str) -> None:
    answers = asked(client, path, PARTS)
    assert [each["status"] for each in answers] == [200] * len(PARTS)
    (tag,) = {each["headers"]["etag"] for each in answers}
    again = asked(client, path, PARTS, **{"If-None-Match": tag})
    assert {each["status"] for each in again} == {304}


def test_a_key_that_an_alias_gives_has_its_own_tag(client: Client) -> None:
    answers = asked(client, "/odata/sales/Orders(@k)", ["?@k=1", "?@k=2"])
    assert [each["body"]["number"] for each in answers] == ["1", "2"]
    assert len({each["headers"]["etag"] for each in answers}) == 2


@pytest.mark.parametrize("path", [ORDER, f"{ORDER}/buyer/orders(1)"])
def test_outside_of_a_batch_a_tag_belongs_to_what_was_asked(client: Client, path: str) -> None:
    answers = [client.get(path + part, ACCEPT) for part in PARTS]
    assert [each.status_code for each in answers] == [200] * len(PARTS)
    assert len({each.headers["ETag"] for each in answers}) == len(PARTS)
    asking = {**ACCEPT, "If-None-Match": answers[0].headers["ETag"]}
    assert client.get(path + PARTS[1], asking).status_code == 200


def test_nothing_is_selected_beside_what_is_expanded(client: Client) -> None:
    found = client.get(ORDER + PARTS[-1], ACCEPT).json()
    shown = {name: value for name, value in found.items() if name != "@odata.context"}
    assert shown == {"@odata.id": "Orders(1)", "buyer": {"id": "10", "name": "Ann"}}


@pytest.mark.parametrize("path", [ORDER, f"{ORDER}/buyer", f"{ORDER}/buyer/orders(1)"])
def test_the_tag_changes_with_what_the_entity_leads_to(
    client: Client, tmp_path: Path, path: str
) -> None:
    (before,) = asked(client, path, [""])
    changed = related.CUSTOMERS.with_columns(pl.lit("Anna").alias("name"))
    build_products.write(tmp_path, {"customers": changed})
    build_products.build(build_products.builder(tmp_path), related.customers())
    client.refresh()
    (renewed,) = asked(client, path, ["?$expand=*"], **{"If-None-Match": before["headers"]["etag"]})
    assert renewed["status"] == 200
    assert "Anna" in json.dumps(renewed["body"])


def test_what_is_not_there_has_no_tag(client: Client) -> None:
    answer = client.get("/odata/sales/Orders(4)/buyer", ACCEPT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "ETag" not in answer.headers
