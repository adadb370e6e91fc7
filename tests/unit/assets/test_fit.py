"""Values and declared types: what is published exactly, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from dphub_assets.build.errors import CastFailed
from tests import build_products

NESTED = "struct<a:struct<b:int>,c:list<struct<d:int>>>"


def published(root: Path, value: object, declared: str, kind: pa.DataType | None = None) -> object:
    """One value, as the snapshot keeps it; a text unless `kind` says otherwise."""
    frame = pa.table({"n": [1], "v": pa.array([value], kind or pa.string())})
    said = {"n": "long", "v": declared}
    made, snapshot = build_products.built(root, {"a": frame}, key="n", columns=said)
    return build_products.stored(made, snapshot)[0][1]


@pytest.mark.parametrize(
    ("text", "declared", "value"),
    [
        ("99999999.99", "decimal(10,2)", Decimal("99999999.99")),
        ("1.10000000000000000000000000000000000000000", "decimal(10,1)", Decimal("1.1")),
        ("1e2", "decimal(10,2)", Decimal("100.00")),
        ("-3.0", "long", -3),
        ("-inf", "double", float("-inf")),
        ("1e-400", "double", 0.0),
        ("10:11:12.1234560", "time", "10:11:12.123456"),
        ("2024-01-15T02:00:00+02:00", "date", date(2024, 1, 15)),
        (
            '{"a": {}, "c": [{"d": 1}, null, {}]}',
            NESTED,
            {"a": {"b": None}, "c": [{"d": 1}, None, {"d": None}]},
        ),
        ('["nan \\" inf", {"x": null}]', "json", '["nan \\" inf", {"x": null}]'),
    ],
)
def test_a_text_is_published_exactly(
    tmp_path: Path, text: str, declared: str, value: object
) -> None:
    assert published(tmp_path, text, declared) == value


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("99999999.999", "decimal(10,2)"),
        ("1.00000000000000000000000000000000000000000001", "decimal(10,2)"),
        ("0.123456789012345678901234567890123456789", "decimal(38,38)"),
        ("1.0000000000000000000000001", "long"),
        ("1e400", "double"),
        ("-1e39", "float"),
        ("10:11:12+02:00", "time"),
        ("10:11:12.1234567", "time"),
        ("2024-01-15 10:11:12", "time"),
        ("2024-01-15T00:00:00+02:00", "date"),
        ("NaN", "json"),
        ('{"a": [-Infinity]}', "json"),
        ('{"a": 5}', NESTED),
        ('{"a": {"b": 1, "x": 2}}', NESTED),
        ('{"a": {"b": 1, "b": 2}}', NESTED),
        ('{"A": {"b": 1}}', NESTED),
        ('{"c": {"d": 1}}', NESTED),
        ('{"c": [{"x": 1}]}', NESTED),
        ("[5]", "list<struct<a:int>>"),
        ("[]", "struct<a:int>"),
    ],
)
def test_a_text_that_would_lose_something_is_refused(
    tmp_path: Path, text: str, declared: str
) -> None:
    with pytest.raises(CastFailed, match="does not fit"):
        published(tmp_path, text, declared)


@pytest.mark.parametrize("declared", ["decimal(10,2)", "decimal(9,1)", "long"])
def test_a_decimal_at_the_edge_is_refused_and_not_rounded(tmp_path: Path, declared: str) -> None:
    with pytest.raises(CastFailed, match="does not fit"):
        published(tmp_path, Decimal("99999999.999999"), declared, pa.decimal128(38, 30))


def test_nanoseconds_do_not_fit_a_time(tmp_path: Path) -> None:
    with pytest.raises(CastFailed, match="does not fit time"):
        published(tmp_path, 1, "time", pa.time64("ns"))
    assert published(tmp_path, 1000, "time", pa.time64("ns")) == "00:00:00.000001"
