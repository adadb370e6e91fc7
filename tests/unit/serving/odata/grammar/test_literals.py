import pytest

from dphub_serving.odata import parser
from dphub_serving.odata.ast import Literal
from dphub_serving.odata.errors import InvalidSyntax
from dphub_serving.odata.grammar import geo


@pytest.mark.parametrize(
    "text",
    [
        *["duration'P'", "duration'PT'", "duration'P1Y'", "duration'+P1D'", "duration'P1DT'"],
        *["binary'Zg'", "binary'Z'", "binary'Zh=='"][1:],
        *[
            "Ns.Color''",
            "Ns.Color'a b'",
            "Color'Red'",
            "geography'Point(1 2)'",
            "geometry'SRID=0;'",
        ],
        *[
            "2024-13-01",
            "2024-01-32",
            "24:00",
            "11:60",
            "2024-01-01T00:00",
            "11:22:33.",
            "1.",
            ".5",
        ],
        *[
            "1e",
            "0x10",
            "5x",
            "+INF",
            "'it's'",
            "01234567-89ab-cdef-0123-456789abcdef0",
            "1_0",
            "٣",
        ],
    ],
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(InvalidSyntax):
        parser.expression(text, "$filter")


@pytest.mark.parametrize("prefix", ["guid", "datetime", "DateTimeOffset", "time"])
def test_literals_of_older_versions_are_told_apart(prefix: str) -> None:
    with pytest.raises(InvalidSyntax, match=f"{prefix}'…' is of OData 2 and 3"):
        parser.expression(f"a eq {prefix}'x'", "$filter")


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("a = 1", "eq"),
        ("a==1", "eq"),
        ("a != 1", "ne"),
        ("a <> 1", "ne"),
        ("a <= 1", "le"),
        ("a > 1", "gt"),
        ("a eq 1 && b", "and"),
        ("a eq 1 || b", "or"),
        ("!a", "not"),
        ("a + 1 eq 2", "add"),
        ("a LIKE 'x'", "contains, startswith, endswith or matchesPattern"),
        ("a is null", "eq"),
        ('a eq "x"', "texts as '…'"),
    ],
)
def test_operators_of_other_languages_are_told_apart(text: str, ours: str) -> None:
    with pytest.raises(InvalidSyntax, match=rf"; OData writes {ours} \(at"):
        parser.expression(text, "$filter")


@pytest.mark.parametrize("text", ["nan", "inf", "P1D", "date", "Color"])
def test_what_looks_like_a_literal_is_a_name(text: str) -> None:
    assert not isinstance(parser.expression(text, "$filter"), Literal)


@pytest.mark.parametrize(
    ("shape", "right"),
    [
        *[
            ("Point(1 2)", True),
            ("point(1.5 -2e1 3 4)", True),
            ("Point(1)", False),
            ("Point()", False),
        ],
        *[("Point(1 2,3 4)", False), ("Point(1  2)", False), ("LineString(1 2)", False)],
        *[
            ("LineString(1 2,3 4)", True),
            ("Polygon((1 1,1 1),(2 2))", True),
            ("Polygon(1 1)", False),
        ],
        *[("MultiPoint()", True), ("MultiPoint((1 2),(3 4))", True), ("MultiPoint(1 2)", False)],
        *[("MultiLineString((1 2,3 4))", True), ("MultiPolygon(((1 1,1 1)))", True)],
        *[("GeometryCollection(Point(1 2),GeometryCollection(Point(1 2)))", True)],
        *[("GeometryCollection()", False), ("Circle(1 2)", False), ("Point(1 2)x", False)],
        *[("GeometryCollection(" * 3000 + "Point(1 2)" + ")" * 3000, False)],
    ],
)
def test_geo_literals(shape: str, right: bool) -> None:
    assert geo.is_literal(f"SRID=4326;{shape}") == right
