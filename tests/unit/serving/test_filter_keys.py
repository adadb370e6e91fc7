"""Every operator on a generated key is right; `eq` and `in` read the rows of these keys alone."""

from collections.abc import Iterator

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

ROWS = """
    SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'p ' || (i % 11) END AS place,
           CASE WHEN i % 50 = 3 THEN repeat('x', 250) ELSE (i % 13)::VARCHAR END AS note
    FROM range(400) t(i)
"""
COLUMNS = {"place": "string", "note": "string"}


@pytest.fixture(scope="module", params=["string", "long", "uuid", None])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("home")
    lake = Lake.open_at(home / "lake")
    if request.param is None:
        columns = {"id": "int", **COLUMNS}
        rows = f"SELECT *, (row_number() OVER () * 7919 % 100003)::INTEGER AS id FROM ({ROWS})"
        publish(lake, product(columns, generated=None, sort=["place"]), rows)
    else:
        publish(lake, product(COLUMNS, generated=request.param), ROWS)
    with serving(home) as client:
        yield client


def ids(client: Client, text: str, more: str = "") -> list[str | int]:
    response = client.get(f"/odata/orders/Rows?$filter={text}&$select=id{more}")
    assert response.status_code == 200, response.text
    return [row["id"] for row in response.json()["value"]]


@pytest.fixture
def every(served: Client) -> list[str | int]:
    found = [row["id"] for row in served.get("/odata/orders/Rows").json()["value"]]
    assert len(set(found)) == 400
    return found


def spelled(key: str | int) -> str:
    return str(key) if isinstance(key, int) else f"'{key}'"


def test_one_key(served: Client, every: list[str | int]) -> None:
    for key in every[::37]:
        assert ids(served, f"id eq {spelled(key)}") == [key]
        assert ids(served, f"{spelled(key)} eq id and place ne 'nowhere'") == [key]
        assert ids(served, f"id eq {spelled(key)} and place eq 'nowhere'") == []
        assert set(ids(served, f"id ne {spelled(key)}")) == set(every) - {key}
        assert set(ids(served, f"not (id eq {spelled(key)})")) == set(every) - {key}


@pytest.mark.parametrize("order", ["", "&$orderby=place desc", "&$orderby=note,id", "&$orderby=id"])
def test_some_keys(served: Client, every: list[str | int], order: str) -> None:
    wanted = every[5::31]
    listed = ",".join(map(spelled, [*wanted, wanted[0]]))
    found = ids(served, f"id in ({listed})", order)
    assert set(found) == set(wanted)
    assert len(found) == len(wanted)
    if not order:
        assert found == wanted
    apart = " or ".join(f"id eq {spelled(key)}" for key in wanted)
    assert set(ids(served, apart, order)) == set(wanted)
    count = served.get(f"/odata/orders/Rows/$count?$filter=id in ({listed},null)")
    assert count.text == str(len(wanted))


def test_more_keys_than_are_looked_up(served: Client, every: list[str | int]) -> None:
    wanted = every[:150]
    assert set(ids(served, f"id in ({','.join(map(spelled, wanted))})")) == set(wanted)


@pytest.mark.parametrize(
    ("operator", "sign"), [("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<=")]
)
def test_keys_are_compared_as_they_are_spelled(
    served: Client, every: list[str | int], operator: str, sign: str
) -> None:
    middle = sorted(every)[200]
    compared = {">": lambda a: a > middle, ">=": lambda a: a >= middle,
                "<": lambda a: a < middle, "<=": lambda a: a <= middle}[sign]  # fmt: skip
    assert set(ids(served, f"id {operator} {spelled(middle)}")) == set(filter(compared, every))


@pytest.mark.parametrize("served", ["string"], indirect=True)
def test_functions_of_a_key(served: Client, every: list[str | int]) -> None:
    texts = [str(each) for each in every]
    assert set(ids(served, "startswith(id,'p_20')")) == {t for t in texts if t.startswith("p_20")}
    assert set(ids(served, "contains(id,'~0')")) == {t for t in texts if "~0" in t}
    assert set(ids(served, "length(id) gt 60")) == {t for t in texts if len(t) > 60}
    assert set(ids(served, "id eq 'x' or endswith(id,'~1')")) == {
        t for t in texts if t.endswith("~1")
    }


def test_what_no_row_has(served: Client, every: list[str | int]) -> None:
    no_key = {int: "5", str: "'00000000-0000-4000-8000-000000000000'"}[type(every[0])]
    assert ids(served, f"id eq {no_key}") == []
    assert ids(served, f"id in ({no_key},null)") == []
    assert ids(served, "id eq null") == []
    assert ids(served, "id in ()") == []
