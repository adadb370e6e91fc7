"""How the benchmark asks other servers, and reads what they answer."""

from itertools import product

import duckdb
import pytest

from bench.peers.question import Row, rows
from bench.peers.spelled import after

VALUES = sorted(product(["", "a", "it's"], [1, 2], [0, 1]))


@pytest.mark.parametrize("place", range(len(VALUES)))
def test_after_a_row_come_all_that_are_greater(place: int) -> None:
    marks = ", ".join(["(?, ?, ?)"] * len(VALUES))
    condition = after(dict(zip("abc", VALUES[place], strict=True)))
    text = f"SELECT * FROM (VALUES {marks}) AS t (a, b, c) WHERE {condition} ORDER BY ALL"
    with duckdb.connect() as database:
        found = database.execute(text, [value for row in VALUES for value in row]).fetchall()
    assert found == VALUES[place + 1 :]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"3", [{"a": 3, "b": None}]),
        (b'{"@odata.context": "x", "value": [{"a": 1, "b": "y"}]}', [{"a": 1, "b": "y"}]),
        (b'{"value": []}', []),
        (b'{"a": 1, "c": {"b": "y"}}', [{"a": 1, "b": "y"}]),
        (
            b'[{"rowid": 7, "a": 1, "b": null}, {"a": 2}]',
            [{"a": 1, "b": None}, {"a": 2, "b": None}],
        ),
    ],
)
def test_answers_have_rows_in_common(body: bytes, expected: list[Row]) -> None:
    assert rows(body, ["a", "b"]) == expected
