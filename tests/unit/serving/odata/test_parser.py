import pytest

from dphub_serving.odata import parser
from dphub_serving.odata.ast import (
    Binary,
    Call,
    Expr,
    Items,
    Literal,
    Name,
    OrderItem,
    Path,
    Unary,
)
from dphub_serving.odata.clauses import SelectAll, SelectPath
from dphub_serving.odata.errors import InvalidSyntax, ODataError, TooComplex
from tests import odata_text


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("day", [("day", False)]),
        ("day desc", [("day", True)]),
        ("day DESC", [("day", True)]),
        ("day asc,stage desc , id", [("day", False), ("stage", True), ("id", False)]),
        ("desc desc", [("desc", True)]),
        ("not", [("not", False)]),
        ("not desc", [("not", True)]),
        ("eq", [("eq", False)]),
        ("größe", [("größe", False)]),
        ("a/b", [("a/b", False)]),
        ("true/x", [("true/x", False)]),
    ],
)
def test_orderby_is_a_list_of_properties(text: str, items: list[tuple[str, bool]]) -> None:
    found = parser.orderby(text)
    assert [(str(path), item.descending) for item in found
            for path in [item.expression] if isinstance(path, Path)] == items  # fmt: skip


def test_a_place_is_a_position_in_the_text() -> None:
    assert parser.orderby("day, stage desc") == (
        OrderItem(Path((Name("day", 0),)), descending=False),
        OrderItem(Path((Name("stage", 5),)), descending=True),
    )
    assert parser.select("*,day") == (SelectAll(0), SelectPath(Path((Name("day", 2),))))


def shape(tree: Expr) -> str:
    """With a parenthesis around every operator."""
    match tree:
        case Literal(kind, text):
            return f"{kind}:{text}"
        case Call(name, arguments):
            return f"{name}({', '.join(map(shape, arguments))})"
        case Items(members):
            return f"[{', '.join(map(shape, members))}]"
        case Unary(operator, operand):
            return f"({operator} {shape(operand)})"
        case Binary(operator, left, right):
            return f"({shape(left)} {operator} {shape(right)})"
        case _:
            return odata_text.expression(tree)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a add b mul c", "(a add (b mul c))"),
        ("(a add b) mul c", "((a add b) mul c)"),
        ("a sub b sub c", "((a sub b) sub c)"),
        ("a eq 1 or b eq 2 and c eq 3", "((a eq integer:1) or ((b eq integer:2) and (c eq integer:3)))"),  # noqa: E501
        ("not a eq b", "((not a) eq b)"),
        ("not(a eq b)", "(not (a eq b))"),
        ("not contains(a,'x')", "(not contains(a, string:x))"),
        ("-a mul -5", "((- a) mul integer:-5)"),
        ("a EQ NULL", "(a eq null:null)"),
        ("a in ('x','y''z')", "(a in [string:x, string:y'z])"),
        ("a in('x')", "(a in [string:x])"),
        ("a in tags", "(a in tags)"),
        ("a in (tags)", "(a in tags)"),
        ("a in ()", "(a in [])"),
        ("a in [1,2]", "(a in [1,2])"),
        ("a eq @p and b", "((a eq @p) and b)"),
        ("-INF lt - a", "(double:-INF lt (- a))"),
        ("a has Ns.Color'Red'", "(a has enum:Ns.Color'Red')"),
        ("now()", "now()"),
        ("a eq @p", "(a eq @p)"),
        ("$it/a", "$it/a"),
        ("a/$count gt 1", "(a/$count gt integer:1)"),
        ("null/x eq true", "(null/x eq boolean:true)"),
    ],
)  # fmt: skip
def test_operators_bind_as_the_standard_says(text: str, tree: str) -> None:
    assert shape(parser.expression(text, "$filter")) == tree


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("'it''s'", "string", "it's"),
        ("''", "string", ""),
        ("+42", "integer", "+42"),
        ("-3.14", "decimal", "-3.14"),
        ("1e-3", "double", "1e-3"),
        ("-INF", "double", "-INF"),
        ("5L", "integer", "5"),
        ("-1.5m", "decimal", "-1.5"),
        ("NaN", "double", "NaN"),
        ("TRUE", "boolean", "true"),
        ("2024-02-29", "date", "2024-02-29"),
        ("2024-01-01T00:00:00.5Z", "datetime", "2024-01-01T00:00:00.5Z"),
        ("2024-01-01T00:00:00 02:00", "datetime", "2024-01-01T00:00:00 02:00"),
        ("11:22", "time", "11:22"),
        ("duration'P1DT2H'", "duration", "P1DT2H"),
        ("binary'Zm9v'", "binary", "Zm9v"),
        ("geography'SRID=0;Point(1 2)'", "geography", "SRID=0;Point(1 2)"),
        ("01234567-89ab-cdef-0123-456789abcdef", "guid", "01234567-89ab-cdef-0123-456789abcdef"),
    ],
)
def test_literals(text: str, kind: str, value: str) -> None:
    tree = parser.expression(text, "$filter")
    assert isinstance(tree, Literal)
    assert (tree.kind, tree.text) == (kind, value)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("day,", 4),
        ("day sideways", 4),
        ("day desc asc", 9),
        ("day ,, id", 5),
        ("day;id", 3),
        ("(day", 4),
        ("day)", 3),
        ("'abc", 0),
        ("day eq 'abc", 7),
        ("5x", 0),
        ("5 eq5", 2),
        ("'a'eq 'b'", 3),
        ("a eq'b'", 4),
        ("0time", 0),
        ("a ? b", 2),
        ("a in (1,2", 9),
        ("a/", 2),
    ],
)
def test_an_error_names_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.orderby(text)
    assert (problem.value.target, problem.value.at) == ("$orderby", at)


@pytest.mark.parametrize("text", ["a(", "a b", "1", "a,", "Ns", "a/*"])
def test_select_takes_names_only(text: str) -> None:
    if text == "Ns":
        assert parser.select(text)
        return
    with pytest.raises(ODataError):
        parser.select(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000, "not " * 5_000 + "a", "-" * 5_000 + "a", "f(" * 5_000, "a," * 40_000, "a," * 11_000, "a" * 70_000],  # noqa: E501
)  # fmt: skip
def test_budgets_are_a_bad_request_not_a_recursion_error(text: str) -> None:
    with pytest.raises(TooComplex) as problem:
        parser.orderby(text)
    assert problem.value.status == 400
    assert problem.value.at is not None


def test_parentheses_side_by_side_are_not_deep() -> None:
    assert parser.orderby(",".join(["((a))"] * 200))
