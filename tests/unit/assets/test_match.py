"""Join keys of two types: only what is equal meets, and what cannot be compared is no fault."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests import build_products

LARGE = 2**53
MIDNIGHT = 1_705_276_800


def met(root: Path, left: pa.Array, right: pa.Array) -> set[tuple[Any, Any]]:
    """Which rows of the two meet, by number; None where one meets nothing."""
    frames = {
        "a": pa.table({"l": range(len(left)), "k": left}),
        "b": pa.table({"r": range(len(right)), "k": right}),
    }
    join = {"left": "a", "right": "b", "how": "full", "on": ["k"]}
    said = {"l": "long", "r": "long"}
    made, snapshot = build_products.built(root, frames, joins=[join], columns=said)
    return {row[:2] for row in build_products.stored(made, snapshot)}


@pytest.mark.parametrize("whole", [pa.int64(), pa.decimal128(20, 0)])
def test_a_whole_number_is_not_rounded_to_meet_a_float(tmp_path: Path, whole: pa.DataType) -> None:
    left = pa.array([LARGE + 1, LARGE, 1, None], pa.int64()).cast(whole)
    right = pa.array([float(LARGE), 1.5, float("nan"), float("inf"), -0.0, 1.0])
    assert met(tmp_path, left, right) == {
        (1, 0),
        (2, 5),
        *((alone, None) for alone in (0, 3)),
        *((None, alone) for alone in (1, 2, 3, 4)),
    }


def test_nor_to_meet_a_float_of_32_bits(tmp_path: Path) -> None:
    left = pa.array([2**24 + 1, 2**24], pa.int32())
    found = met(tmp_path, left, pa.array([2.0**24], pa.float32()))
    assert found == {(0, None), (1, 0)}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (pa.array([10**18, 1]), pa.array([Decimal(1)], pa.decimal128(38, 30))),
        (pa.array([2**64 - 1, 1], pa.uint64()), pa.array([Decimal(1)], pa.decimal128(38, 20))),
        (
            pa.array([Decimal(10**37), Decimal(1)], pa.decimal128(38, 0)),
            pa.array([Decimal(1)], pa.decimal128(38, 37)),
        ),
        (
            pa.array([-(2**40), MIDNIGHT], pa.timestamp("s")),
            pa.array([MIDNIGHT * 10**9], pa.timestamp("ns")),
        ),
        (
            pa.array([2**20, MIDNIGHT // 86400], pa.date32()),
            pa.array([MIDNIGHT * 10**9], pa.timestamp("ns")),
        ),
    ],
)
def test_what_the_other_type_cannot_hold_meets_nothing(
    tmp_path: Path, left: pa.Array, right: pa.Array
) -> None:
    assert met(tmp_path, left, right) == {(0, None), (1, 0)}


@pytest.mark.parametrize("other", [pa.array([1]), pa.array(["a"]), pa.nulls(1)])
def test_a_key_that_is_null_everywhere_meets_nothing(tmp_path: Path, other: pa.Array) -> None:
    assert met(tmp_path, pa.nulls(1), other) == {(0, None), (None, 0)}
