"""Texts that break naive SQL are texts: found where they are stored, harmless anywhere else."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

CORPUS = (
    "'",
    "''",
    '"',
    "\\",
    "\\'",
    "' OR '1'='1",
    "' OR 1=1 --",
    "' OR 1=1 /*",
    "') OR ('1'='1",
    "'; DROP TABLE rows; --",
    "'; ATTACH '/tmp/x.db' AS x; --",
    "'; COPY (SELECT 1) TO '/tmp/injected'; --",
    "'; INSTALL httpfs; LOAD httpfs; --",
    "'; SET memory_limit='1MB'; --",
    "'; PRAGMA database_list; --",
    "' UNION SELECT current_setting('home_directory') --",
    "' UNION ALL SELECT NULL,NULL,NULL --",
    "' AND (SELECT count(*) FROM range(100000000)) > 0 --",
    "' || (SELECT version()) || '",
    "x' AND 1=(SELECT 1 FROM read_csv('/etc/passwd')) --",
    "read_text('/etc/passwd')",
    "getenv('HOME')",
    "1; SELECT 1",
    "1 OR 1=1",
    "$1",
    "?",
    ":name",
    "%",
    "_",
    "%' ESCAPE '%",
    "{0}",
    "%s",
    "--",
    "/*",
    "*/",
    "\x00",
    "a\x00b",
    "\n; DROP TABLE rows",
    "\u2019 OR 1=1",
    "\uff07 OR 1=1",
    "\u02bc; --",
    "\ud7ff\ue000",
    "$$ OR 1=1 $$",
    "E'\\' OR 1=1",
    "x'41'",
    "CHR(39)",
    'a" OR "1"="1',
    'Rows"; DROP TABLE "Rows',
    "file_row_number",
    "a, (SELECT 1)",
    "a DESC; DROP TABLE rows",
    "CASE WHEN 1=1 THEN a ELSE n END",
    "(SELECT max(n) FROM rows)",
    "../../etc/passwd",
    "rows.parquet",
)
# Where a text is no literal, and has no business.
PLACES = (
    "/odata/rows/Rows?$orderby={}",
    "/odata/rows/Rows?$select={}",
    "/odata/rows/Rows?$filter={}",
    "/odata/rows/Rows?$filter=a eq {}",
    "/odata/rows/Rows?$filter={} eq 'a'",
    "/odata/rows/Rows?$filter=contains({},'a')",
    "/odata/rows/Rows?$filter=a in ({})",
    "/odata/rows/Rows?$filter=a eq @p&@p={}",
    "/odata/rows/Rows?$top={}",
    "/odata/rows/Rows?$skip={}",
    "/odata/rows/Rows?$skiptoken={}",
    "/odata/rows/Rows?$search={}",
    "/odata/rows/Rows?$compute={} as z",
    "/odata/rows/Rows?$expand={}",
    "/odata/rows/Rows?$expand=all({})",
    "/odata/rows/Rows?$expand=all($filter={})",
    "/odata/rows/Rows?$expand=all($filter=a eq {})",
    "/odata/rows/Rows?$expand=all($orderby={};$top=1)",
    "/odata/rows/Rows?$expand=all($search={})",
    "/odata/rows/Rows?$expand=all($levels={})",
    "/odata/rows/Rows?$filter=all/any(x:{})",
    "/odata/rows/Rows?$filter=all/any(x:x/a eq {})",
    "/odata/rows/Rows?$filter=all/any({}:true)",
    "/odata/rows/Rows?$filter=all/$count($search={}) eq 1",
    "/odata/rows/Rows?$orderby=self/{}",
    "/odata/rows/Rows(1)/{}",
    "/odata/rows/Rows(1)/all({})",
    "/odata/rows/Rows(1)/all?$skiptoken={}",
    "/odata/rows/Rows?$apply={}",
    "/odata/rows/Rows?$format={}",
    "/odata/rows/Rows?{}=1",
    "/odata/rows/Rows?snapshot={}",
    "/odata/rows/Rows({})",
    "/odata/rows/Rows('{}')",
    "/odata/rows/{}",
    "/odata/{}",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home: Path = tmp_path_factory.mktemp("home")
    texts = ", ".join(f"({number}, '{text.encode().hex()}')" for number, text in enumerate(CORPUS))
    rows = f"SELECT n, decode(unhex(x)) AS a FROM (VALUES {texts}) t(n, x)"
    keys = [{"left": "n", "right": "n"}]
    wanted = product(
        {"n": "int", "a": "string"},
        name="rows",
        key="n",
        generated=None,
        navigation=[
            {"name": "self", "target": "rows", "keys": keys, "multiplicity": "one"},
            {"name": "all", "target": "rows", "keys": keys, "multiplicity": "many"},
        ],
    )
    publish(Lake.open_at(home / "lake"), wanted, rows)
    with serving(home) as client:
        yield client


def literal(text: str) -> str:
    return quote("'" + text.replace("'", "''") + "'", safe="")


def numbers(client: Client, query: str) -> list[int]:
    answer = client.get(f"/odata/rows/Rows?$select=n&{query}")
    assert answer.status_code == 200, answer.text
    return [row["n"] for row in answer.json()["value"]]


@pytest.mark.parametrize("number", range(len(CORPUS)), ids=[repr(text) for text in CORPUS])
def test_a_text_is_found_where_it_is_and_nowhere_else(served: Client, number: int) -> None:
    text = CORPUS[number]
    within = [place for place, other in enumerate(CORPUS) if text in other]
    begin = [place for place, other in enumerate(CORPUS) if other.startswith(text)]
    written = literal(text)
    assert numbers(served, f"$filter=a eq {written}") == [number]
    assert numbers(served, f"$filter=a in ({written},'no')") == [number]
    assert numbers(served, f"$filter=a eq @p&@p={written}") == [number]
    assert numbers(served, f"$filter=contains(a,{written})") == within
    assert numbers(served, f"$filter=startswith(a,{written})") == begin
    assert numbers(served, f"$filter=self/a eq {written}") == [number]
    assert numbers(served, f"$filter=all/any(x:x/a eq {written})") == [number]
    assert served.get(f"/odata/rows/Rows({number})").json()["a"] == text
    found = served.get(f"/odata/rows/Rows({number})?$expand=all($filter=a eq {written}),self")
    assert [row["a"] for row in (*found.json()["all"], found.json()["self"])] == [text, text]


@pytest.mark.parametrize("place", PLACES)
def test_a_text_in_the_wrong_place_changes_nothing(served: Client, place: str) -> None:
    before = served.get("/odata/rows/Rows").content
    for text in CORPUS:
        answer = served.get(place.format(quote(text, safe="")))
        assert answer.status_code < 500 or answer.status_code == 501, (text, answer.text)
        for leak in ("duckdb", ".parquet", "SELECT ", "Traceback", "root:"):
            told = leak in answer.text and leak not in text and answer.status_code >= 400
            assert not told, (text, answer.text)
    assert served.get("/odata/rows/Rows").content == before
    assert not Path("/tmp/injected").exists()
