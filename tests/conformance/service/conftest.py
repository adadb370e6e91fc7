"""One service over one product with a value of every shape, for what the protocol says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

COLUMNS = {
    "id": "string",
    "name": "string",
    "amount": "decimal(9,2)",
    "big": "long",
    "weight": "double",
    "raw": "binary",
    "tags": "array<string>",
    "home": "struct<city: string, place: struct<lat: double, lon: double>>",
    "items": "array<struct<n: int, note: string>>",
}
ROWS = """
    SELECT * FROM (VALUES
        ('a', 'Ann', 1.50, 9007199254740993, 'nan'::DOUBLE, 'ab'::BLOB, ['x', NULL, 'z'],
         {'city': 'Ulm', 'place': {'lat': 48.4, 'lon': 10.0}},
         [{'n': 1, 'note': 'one'}, {'n': 2, 'note': NULL}]),
        ('b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('it''s/c', '', 0.00, 0, 0.5, ''::BLOB, [],
         {'city': NULL, 'place': NULL}, [])
    ) t(id, name, amount, big, weight, raw, tags, home, items)
"""
PEOPLE = product(
    COLUMNS,
    name="people",
    key="id",
    generated=None,
    odata={"default_top": 2, "max_top": 3, "page_size": 2},
)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("protocol")
    publish(Lake.open_at(found / "lake"), PEOPLE, ROWS)
    return found


@pytest.fixture(scope="session")
def served(home: Path) -> Iterator[Client]:
    with serving(home) as client:
        yield client
