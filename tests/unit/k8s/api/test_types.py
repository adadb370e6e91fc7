import contextlib
import random
from collections.abc import Iterator

import duckdb
import pytest

from dphub_k8s.api.types import TYPES, ColumnType, UnknownType, key_type, parse_type

ALL = [*TYPES, parse_type("decimal(10,2)"), parse_type("decimal(38,38)")]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def names() -> list[tuple[str, str]]:
    return [(name, kind.name) for kind in TYPES for name in (kind.name, *kind.aliases)]


@pytest.mark.parametrize(("text", "name"), [*names(), (" INTEGER ", "int"), ("Guid", "uuid")])
def test_a_type_by_name_or_alias(text: str, name: str) -> None:
    assert parse_type(text).name == name


def test_no_name_is_used_twice() -> None:
    known = [name for name, _ in names()]
    assert len(known) == len(set(known))


def test_a_decimal_has_parameters() -> None:
    found = parse_type("Numeric( 18, 2 )")
    assert (found.name, found.stored, found.facets) == (
        "decimal(18,2)",
        "DECIMAL(18,2)",
        {"Precision": 18, "Scale": 2},
    )
    assert parse_type("decimal(18,2)") == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strnig", "did you mean 'string'"),
        ("decimal", "needs precision and scale"),
        ("decimal(39,2)", "precision <= 38"),
        ("decimal(0,0)", "1 <= precision"),
        ("decimal(4,5)", "scale <= precision"),
        ("decimal(4)", "is no type"),
        ("", "is no type"),
    ],
)
def test_an_unknown_type(text: str, message: str) -> None:
    with pytest.raises(UnknownType, match=message):
        parse_type(text)


def test_a_decimal_reads_all_38_digits() -> None:
    text = f"{'9' * 28}.{'9' * 10}"
    assert str(parse_type("decimal(38,10)").parse(text)) == text
    with pytest.raises(ValueError, match="is no decimal"):
        parse_type("decimal(38,10)").parse(f"1{'0' * 28}")


def test_an_integer_key_is_64_bits_wide() -> None:
    assert key_type(parse_type("byte")).name == "long"
    assert key_type(parse_type("uuid")).name == "uuid"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_duckdb_knows_the_types(connection: duckdb.DuckDBPyConnection, kind: ColumnType) -> None:
    connection.execute(f"SELECT CAST(CAST(NULL AS {kind.cast}) AS {kind.stored})")


TEXTS = [
    *(
        "",
        "0",
        "-0",
        "1",
        "01",
        "+1",
        " 1",
        "1_0",
        "1.5",
        "1e5",
        "1e400",
        "nan",
        "inf",
        "-infinity",
    ),
    *("127", "128", "-129", "255", "256", "65536", "2147483648", "4294967296", "-1", "\u0661"),
    *("9223372036854775808", "18446744073709551616", "1" * 40, "0.001", "99999999.99", "100000000"),
    *("true", "TRUE", "t", "2024-02-30", "2024-01-01", "20240101", "2024-W01-1", "infinity"),
    *(
        "2024-01-01 10:00:00",
        "2024-01-01 10:00:00.5",
        "2024-01-01T10:00:00+02:00",
        "10:00",
        "24:00",
    ),
    *("10:00:00", "10:00:00.1234567", "10:00:00Z", "T10", "25:00:00", "41", "4", " 41", "zz", "é"),
    *("{", "{}", "[1,]", "NaN", '"\\ud800"', '"\0"', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    *("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "1.", ".5"),
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_duckdb_takes_what_a_key_is_parsed_to(
    connection: duckdb.DuckDBPyConnection, kind: ColumnType
) -> None:
    for text in TEXTS:
        require_taken(connection, kind, text)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_duckdb_takes_what_any_text_is_parsed_to(
    connection: duckdb.DuckDBPyConnection, kind: ColumnType
) -> None:
    chance = random.Random(5)
    for _ in range(300):
        text = "".join(chance.choices('0123456789-+.:e T"{}[],', k=chance.randrange(12)))
        require_taken(connection, kind, text)


def require_taken(connection: duckdb.DuckDBPyConnection, kind: ColumnType, text: str) -> None:
    with contextlib.suppress(ValueError, ArithmeticError):
        value = kind.parse(text)
        connection.execute(f"SELECT ?::{kind.cast}::{kind.stored}", [value]).fetchall()
