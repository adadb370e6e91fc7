"""`/internal/served`: what this service serves, for the hub."""

from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from dphub_k8s.api.snapshot import Identity
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import TOKEN, Client, serving

SERVED = "/internal/served"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDERS = product({"a": "int"})


def test_it_says_the_sequence_of_what_is_served(client: Client, lake: Lake) -> None:
    assert client.get(SERVED, BEARER).json() == {"products": {}}
    publish(lake, ORDERS, "SELECT 1 AS a")
    publish(lake, product({"a": "int"}, name="bills", api={"path": "/other"}), "SELECT 1 AS a")
    lake.accept(Identity(name="coming", uid="u", generation=1), "coming")
    assert client.get(SERVED, BEARER).json() == {"products": {}}
    client.refresh()
    assert client.get(SERVED, BEARER).json() == {"products": {"orders": 0, "bills": 0}}
    publish(lake, ORDERS, "SELECT 2 AS a")
    client.refresh()
    assert client.get(SERVED, BEARER).json() == {"products": {"orders": 1, "bills": 0}}


def test_nothing_is_sent_to_who_has_it(client: Client, lake: Lake) -> None:
    publish(lake, ORDERS, "SELECT 1 AS a")
    client.refresh()
    tag = client.get(SERVED, BEARER).headers["ETag"]
    client.refresh()
    again = client.get(SERVED, {**BEARER, "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    publish(lake, ORDERS, "SELECT 2 AS a")
    client.refresh()
    assert client.get(SERVED, {**BEARER, "If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer no"}])
def test_names_are_for_who_has_the_token(client: Client, given: dict[str, str]) -> None:
    answer = client.get(SERVED, given)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "DPHUB_RELOAD_TOKEN" in answer.text


def test_without_a_token_it_is_open(tmp_path: Path) -> None:
    with serving(tmp_path, DPHUB_RELOAD_TOKEN="") as client:
        assert client.get(SERVED).json() == {"products": {}}


def test_before_the_lake_was_read_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "lake").touch()
    with serving(tmp_path) as client:
        assert client.get(SERVED, BEARER).status_code == 503
