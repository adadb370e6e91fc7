"""Every answer is the same, byte for byte, from Parquet and from a native file."""

import os
import random
from pathlib import Path
from urllib.parse import quote

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.cache.native_files import attached, started, until, warm
from tests.unit.serving.conftest import Client

TABLES = int(os.environ.get("DPHUB_EXAMPLES", "10")) // 5
QUERIES = 30
# DuckDB's text of a value, from a number that repeats; extremes stand beside what is usual.
VALUES = {
    "string": "['', 'ä', 'a''b', 'x' || {0}, repeat('long ', 150) || {0}]",
    "bool": "[true, false]",
    "short": "[-32768, 32767, {0}]",
    "long": "[-9223372036854775808, 9223372036854775807, {0}]",
    "ulong": "[18446744073709551615, {0}]",
    "decimal(18,4)": "['-0.1', '99999999999999.9999', {0}]",
    "float": "['nan', 'inf', '-inf', '0.1', '-0.0', {0}]",
    "double": "['nan', '-inf', '5e-324', '0.1', {0}]",
    "date": "['infinity', '-infinity', '2024-02-29', DATE '2000-01-01' + {0}::INT]",
    "time": "['00:00:00', '23:59:59.999999']",
    "timestamp": "['infinity', '1969-12-31 23:59:59Z', to_timestamp({0}::INT)]",
    "uuid": "['abcdef00-0000-4000-8000-000000000000', '00000000-0000-4000-8000-00000000000'||{0}]",
    "binary": "['\\x00\\xFF', '', {0}]",
}


def table(chance: random.Random) -> tuple[dict[str, str], str]:
    """Columns, and a SELECT of rows with nulls, repeats and extremes."""
    kinds = chance.sample(list(VALUES), chance.randint(2, 6))
    columns = {f"c{number}": kind for number, kind in enumerate(kinds)}
    items = []
    for number, kind in enumerate(kinds):
        texts = VALUES[kind].format(f"(hash(i, {number}) % 7)::VARCHAR")
        listed = f"[{', '.join(f'({each})::VARCHAR' for each in _items(texts))}]"
        place = f"(hash(i * 31, {number}) % (len({listed}) + 1) + 1)::INT"
        items.append(f"{listed}[{place}] AS c{number}")
    rows = chance.choice([1, 90, 3000, 20_000])
    return columns, f"SELECT {', '.join(items)} FROM range({rows}) t(i)"


def _items(texts: str) -> list[str]:
    """The items of a list literal, at its commas outside of parentheses."""
    found, depth = [""], 0
    for char in texts[1:-1]:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return found


def query(chance: random.Random, columns: dict[str, str]) -> str:
    options = {}
    names = ["id", *columns]
    if chance.random() < 0.7:
        order = chance.sample(names, chance.randint(1, min(3, len(names))))
        options["$orderby"] = ",".join(f"{n}{chance.choice(['', ' desc'])}" for n in order)
    if chance.random() < 0.5:
        options["$skip"] = str(chance.choice([0, 1, 50, 2999, 19_990]))
    if chance.random() < 0.5:
        options["$top"] = str(chance.choice([1, 7, 200]))
    if chance.random() < 0.4:
        options["$select"] = ",".join(chance.sample(names, chance.randint(1, len(names))))
    if chance.random() < 0.4:
        name = chance.choice(names)
        options["$filter"] = chance.choice([f"{name} eq null", f"{name} ne null"])
    options["$count"] = chance.choice(["true", "false"])
    return "&".join(f"{name}={quote(value)}" for name, value in options.items())


def answers(client: Client, queries: list[str]) -> list[bytes]:
    """What each query gives, the pages behind it, and the entity of its last row."""
    found = []
    for asked in queries:
        url = f"/odata/orders/Rows?{asked}"
        for _ in range(4):
            answer = client.get(url)
            assert answer.status_code == 200, (url, answer.text)
            found.append(answer.content)
            page = answer.json()
            if page["value"] and "id" in page["value"][-1]:
                key = quote(page["value"][-1]["id"].replace("'", "''"), safe="")
                found.append(client.get(f"/odata/orders/Rows('{key}')").content)
            url = page.get("@odata.nextLink", "").removeprefix("http://hub.test")
            if not url:
                break
    return found


@pytest.mark.parametrize("seed", range(TABLES))
def test_native_answers_as_parquet_does(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    columns, rows = table(chance)
    wanted = product(columns, odata={"page_size": 90})
    publish(Lake.open_at(tmp_path / "lake"), wanted, rows)
    queries = [query(chance, columns) for _ in range(QUERIES)]
    with started(tmp_path, megabytes=0) as client:
        expected = answers(client, queries)
    with started(tmp_path) as client:
        warm(client)
        assert answers(client, queries) == expected
        until(lambda: attached(client) == 1)
