"""Keys in every spelling that the standard or its clients have, and keys that no column has."""

from collections.abc import Iterator

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

NUMBERED = product({"n": "long", "note": "string"}, name="numbered", key="n", generated=None)
SPELLED = product({"a": "string", "tags": "array<int>", "b": "int"}, name="spelled")
FULL = {"Accept": "application/json;metadata=full"}
OMIT = {"Prefer": "omit-values=nulls"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("keys")
    lake = Lake.open_at(home / "lake")
    publish(lake, NUMBERED, "SELECT i AS n, 'row ' || i AS note FROM range(-2, 12) t(i)")
    rows = (
        "SELECT CASE i WHEN 0 THEN 'it''s/x' END AS a, [i, 7] AS tags, i AS b FROM range(300) t(i)"
    )
    publish(lake, SPELLED, rows, "uid-2")
    with serving(home) as client:
        yield client


@pytest.mark.parametrize(
    "key",
    [
        *("(5)", "(n=5)", "(5L)", "(5l)", "('5')", "(n='5')", "/5", "(@k)?@k=5", "(n=@k)?@k='5'"),
        *("('-2')", "(-2)", "/-2", "(-2L)", "(-2l)"),
    ],
)
def test_a_number_in_every_spelling(served: Client, key: str) -> None:
    answer = served.get(f"/odata/numbered/Rows{key}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["n"] == (-2 if "-2" in key else 5)


@pytest.mark.parametrize(
    ("key", "status"),
    [
        *(("(99)", 404), ("/99", 404), ("('99')", 404)),
        *(("('x')", 400), ("/x", 404), ("(5.5)", 400), ("(true)", 400), ("(m=5)", 400)),
        *(("(n=5,n=5)", 400), ("(9223372036854775808)", 400), ("(@k)?@k='x'", 400)),
        *(("(guid'01234567-89ab-cdef-0123-456789abcdef')", 400), ("(null)", 400)),
    ],
)
def test_what_is_no_key_or_nobodys(served: Client, key: str, status: int) -> None:
    assert served.get(f"/odata/numbered/Rows{key}").status_code == status


def test_a_key_that_no_column_has(served: Client) -> None:
    """The page that Python spells, and the one that DuckDB does."""
    for size in (3, 300):
        rows = served.get(f"/odata/spelled/Rows?$top={size}&$orderby=b").json()["value"]
        ids = [row["id"] for row in rows]
        assert len(set(ids)) == size
        page = f"/odata/spelled/Rows?$top={size}&$orderby=b"
        bare = [{each: row[each] for each in row if row[each] is not None} for row in rows]
        assert served.get(page, OMIT).json()["value"] == bare
        full = served.get(page, FULL).json()["value"]
        assert [row["id"] for row in full] == ids
        assert {row["@odata.editLink"] for row in full} == {row["@odata.id"] for row in full}
        without = [{each: row[each] for each in row if "@" not in each} for row in full]
        assert without == rows
        both = served.get(page, {**FULL, **OMIT}).json()["value"]
        assert [{each: row[each] for each in row if "@" not in each} for row in both] == bare
        references = served.get(page.replace("?", "/$ref?")).json()["value"]
        assert references == [{"@odata.id": row["@odata.id"]} for row in full]
        first = "/odata/spelled/" + references[0]["@odata.id"]
        assert served.get(first).json()["id"] == ids[0]
        assert served.get(first, FULL).json()["@odata.id"] == references[0]["@odata.id"]
        assert served.get(first + "/id/$value").text == ids[0]
        assert served.get(first + "/id").json()["value"] == ids[0]
        assert served.get(first + "/tags/-1").json()["value"] == 7
        assert served.get(first + "/tags?$skip=1&$count=true").json()["value"] == [7]
        assert served.get(first + "/$ref").json()["@odata.id"] == references[0]["@odata.id"]
        assert served.get("/odata/spelled/$entity", FULL).status_code == 400
        by_id = served.get(f"/odata/spelled/$entity?$id={references[0]['@odata.id']}")
        assert by_id.json()["id"] == ids[0]
