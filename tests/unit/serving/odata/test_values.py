import datetime as dt
from decimal import Decimal

import pytest

from dphub_serving.odata import values
from dphub_serving.odata.ast import Literal, LiteralKind

UTC = dt.UTC
GUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("edm", "text", "value"),
    [
        ("Edm.String", "5", "5"),
        ("Edm.Boolean", "TRUE", True),
        ("Edm.SByte", "-128", -128),
        ("Edm.Byte", "255", 255),
        ("Edm.Int64", "+9223372036854775807", 2**63 - 1),
        ("Edm.Decimal", "1.50", Decimal("1.50")),
        ("Edm.Double", "1e3", 1000.0),
        ("Edm.Double", "-INF", float("-inf")),
        ("Edm.Guid", GUID.upper(), GUID),
        ("Edm.Date", "2024-02-29", dt.date(2024, 2, 29)),
        ("Edm.TimeOfDay", "11:22", dt.time(11, 22)),
        ("Edm.TimeOfDay", "11:22:33.1234560", dt.time(11, 22, 33, 123456)),
        ("Edm.DateTimeOffset", "2024-01-02T03:04:05Z", dt.datetime(2024, 1, 2, 3, 4, 5, 0, UTC)),
        ("Edm.DateTimeOffset", "2024-01-02T03:04+02:00", dt.datetime(2024, 1, 2, 1, 4, tzinfo=UTC)),
        ("Edm.DateTimeOffset", "2024-01-02T03:04 02:00", dt.datetime(2024, 1, 2, 1, 4, tzinfo=UTC)),
        ("Edm.Duration", "-P1DT2H3M4.5S", -dt.timedelta(1, 2 * 3600 + 3 * 60 + 4.5)),
        ("Edm.Binary", "Zm9v", b"foo"),
        ("Edm.Binary", "Zg", b"f"),
    ],
)  # fmt: skip
def test_text_becomes_a_value(edm: str, text: str, value: values.Value) -> None:
    assert values.from_text(text, edm) == value
    assert values.from_literal(Literal("string", text, 0), edm) == value


@pytest.mark.parametrize(
    ("edm", "text"),
    [
        ("Edm.Boolean", "1"),
        ("Edm.Byte", "256"),
        ("Edm.Byte", "-1"),
        ("Edm.Int32", "2147483648"),
        ("Edm.Int32", "5.0"),
        ("Edm.Int32", "٣"),
        ("Edm.Int64", "9" * 5000),
        ("Edm.Decimal", "1e9999"),
        ("Edm.Double", "1e999"),
        ("Edm.Guid", "{01234567-89ab-cdef-0123-456789abcdef}"),
        ("Edm.Date", "2023-02-29"),
        ("Edm.Date", "20240101"),
        ("Edm.TimeOfDay", "24:00"),
        ("Edm.TimeOfDay", "11:22:33.1234567"),
        ("Edm.DateTimeOffset", "2024-01-02T03:04:05"),
        ("Edm.DateTimeOffset", "today"),
        ("Edm.DateTimeOffset", "0001-01-01T00:00+14:00"),
        ("Edm.Duration", "P"),
        ("Edm.Duration", "+P1D"),
        ("Edm.Duration", "PT0.0000001S"),
        ("Edm.Binary", "a"),
        ("Edm.Binary", "a b"),
        ("Edm.GeographyPoint", "x"),
    ],
)
def test_text_that_is_no_value(edm: str, text: str) -> None:
    with pytest.raises(values.Unfit):
        values.from_text(text, edm)


@pytest.mark.parametrize(
    ("kind", "text", "edm", "fits"),
    [
        ("integer", "5", "Edm.Int32", True),
        ("integer", "5", "Edm.Decimal", True),
        ("integer", "5", "Edm.String", False),
        ("decimal", "5.0", "Edm.Int32", False),
        ("date", "2024-01-01", "Edm.Date", True),
        ("date", "2024-01-01", "Edm.DateTimeOffset", False),
        ("guid", "01234567-89ab-cdef-0123-456789abcdef", "Edm.Guid", True),
        ("null", "null", "Edm.String", False),
    ],
)
def test_a_literal_fits_its_own_types(kind: LiteralKind, text: str, edm: str, fits: bool) -> None:
    literal = Literal(kind, text, 0)
    if fits:
        assert values.from_literal(literal, edm) is not None
    else:
        with pytest.raises(values.Unfit):
            values.from_literal(literal, edm)
