import pytest

from dphub_serving.odata import option_values, parser
from dphub_serving.odata.ast import Name, Path, Star
from dphub_serving.odata.clauses import ExpandItem, Nested, SelectPath
from dphub_serving.odata.errors import InvalidSyntax, TooComplex
from dphub_serving.odata.searches import Term
from tests import odata_text
from tests.unit.serving.odata.grammar.stack import shallow


@pytest.mark.parametrize(
    "text",
    [
        *["*", "a,b", "Ns.*", "A.B.*,*", "a/b", "Ns.T/a", "@Ns.T#Q", "a/@T", "f(x,y)", "Ns.f(x)"],
        *["a($select=b)", "a($select=b($select=c);$top=1)", "a(@x=$this;$filter=@x/b)"],
        *["a($filter=b;$search=c;$count=true;$orderby=d desc;$skip=0;$top=5;$compute=e as f)"],
    ],
)
def test_select(text: str) -> None:
    assert set(odata_text.select(parser.select(text))) == set(text)
    assert parser.select(odata_text.select(parser.select(text))) is not None


@pytest.mark.parametrize(
    "text",
    [
        *[
            "a",
            "a,b",
            "*",
            "*/$ref",
            "*($levels=2)",
            "a/*",
            "$value",
            "a/$ref",
            "a/$count",
            "a/b/c",
        ],
        *["a/$ref($filter=b;$top=1)", "a/$count($search=b)", "a/Ns.T($select=b)", "@Ns.T($top=2)"],
        *["a($expand=b($expand=c/$ref);$levels=max)", "a($search=b OR c;$top=1)", "@T/b($top=2)"],
        *["a($apply=aggregate(b with sum as c);$compute=d as e)", "a($search='b(c';$top=1)"],
    ],
)
def test_expand(text: str) -> None:
    assert sorted(odata_text.expand(parser.expand(text))) == sorted(text)


def test_options_are_known_in_every_spelling() -> None:
    assert parser.expand("$VALUE") == parser.expand("$value")
    (item,) = parser.expand("a(TOP=1;$Skip=2;$levels=MAX;search=b)")
    search = Term("b", False, 35)
    assert item.options == Nested(top=1, skip=2, levels="max", search=search)


def test_arrays_and_objects_alone_have_a_blank_before_them() -> None:
    assert parser.expand("a(@x= [1];$filter= {})")
    assert option_values.value("orderby", " [1]")
    for text in ("a(@x= 1)", "a($filter= b)"):
        with pytest.raises(InvalidSyntax):
            parser.expand(text)


def test_items_say_what_they_are() -> None:
    assert parser.expand("a/*/$ref") == (ExpandItem(Path((Name("a", 0), Star(2))), "ref"),)
    assert parser.select("f(x,y)") == (SelectPath(Path((Name("f", 0),)), None, ("x", "y")),)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *[("", 0), ("a,", 2), ("a/", 2), ("a/$value", 2), ("a()", 2), ("a(b)", 2), ("a($top=)", 7)],
        *[("a/$ref($levels=4)", 7), ("a/$ref($select=b)", 7), ("a/$count($count=true)", 9)],
        *[("a($top=1;TOP=2)", 9), ("a($top= 1)", 8), ("a($top =1)", 7), ("a($format=json)", 2)],
        *[("a($levels=0)", 10), ("a($levels=01)", 10), ("*($top=1)", 2), ("a($count=1)", 9)],
        *[("a($search=b(c)", 11), ("a($top=1,b)", 8), ("a($filter=b", 11), ("a($top=-1)", 7)],
        *[("a/$ref/$count", 6), ("a(@x=1;@x=2)", 7), ("a($apply=b)", 10), ("a $top=1", 2)],
    ],
)
def test_what_is_wrong_with_expand_has_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.expand(text)
    assert (problem.value.at, problem.value.target) == (at, "$expand")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *[("a/*", 1), ("Ns.", 3), ("Ns. *", 4), ("a($levels=1)", 2), ("a($expand=b)", 2)],
        *[("a(x,)", 4), ("a(x.y,z)", 2), ("a($top=1)/b", 9), ("5", 0), ("a b", 2), ("$ref", 0)],
    ],
)
def test_what_is_wrong_with_select_has_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.select(text)
    assert (problem.value.at, problem.value.target) == (at, "$select")


@pytest.mark.parametrize(
    ("text", "at"), [("a", 1), ("a as", 4), ("a as b.c", 5), ("(a)as b", 3), ("a as b,", 7)]
)
def test_a_computed_value_has_a_name(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.compute(text)
    assert problem.value.at == at


@pytest.mark.parametrize(
    "text",
    [
        "a($expand=" * 5000,
        "a($search=" + "(" * 9000,
        "a($filter=b/any(c:" + "d/$count($filter=" * 999,
    ],
)
def test_nesting_has_a_budget(text: str) -> None:
    with shallow(), pytest.raises(TooComplex):
        parser.expand(text)
