"""Texts that all begin alike are found in a native file as they are in Parquet."""

from pathlib import Path
from urllib.parse import quote

import pytest

from dphub_assets.lake.writer import Lake
from dphub_serving.sql import native as files
from tests.lake_factory import product, publish
from tests.unit.serving.cache.native_files import attached, started, warm
from tests.unit.serving.conftest import Client

LONG = "repeat('alike ', 30)"
CODE = f"CASE WHEN i >= 40 THEN {LONG} || lpad((i // {{each}})::VARCHAR, 4, '0') END"
ROWS = f"SELECT {CODE} AS code, (i % 7)::INTEGER AS stage FROM range({{first}}, 400) t(i)"
COLUMNS = {"code": "string", "stage": "int"}
OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le")


def answers(client: Client) -> list[bytes]:
    found = []
    for number in ("", "0000", "0020", "0020x", "0057", "9999"):
        text = quote(f"'{'alike ' * 30}{number}'")
        for operator in OPERATORS:
            for more in ("", "&$orderby=stage", "&$orderby=code desc&$skip=3"):
                path = f"/odata/orders/Rows?$filter=code {operator} {text}&$count=true{more}"
                found.append(client.get(path).raise_for_status().content)
        found.append(client.get(f"/odata/orders/Rows({text})").content)
    return found


@pytest.mark.parametrize(
    ("said", "each", "first"),
    [({}, 7, 0), ({"key": "code", "generated": None}, 1, 40)],
)
def test_filters_and_keys_find_the_same_rows(
    tmp_path: Path,
    lake: Lake,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, str],
    each: int,
    first: int,
) -> None:
    monkeypatch.setattr(files, "STEP", 10)
    wanted = product(COLUMNS, odata={"page_size": 90}, **said)
    publish(lake, wanted, ROWS.format(each=each, first=first))
    with started(tmp_path, megabytes=0) as client:
        expected = answers(client)
    with started(tmp_path) as client:
        warm(client)
        assert answers(client) == expected
        assert attached(client) == 1
