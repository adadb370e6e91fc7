import contextlib
import time

import pytest

from dphub_serving.odata import parser
from dphub_serving.odata.ast import (
    Alias,
    Annotation,
    Argument,
    Arguments,
    Binary,
    Count,
    Lambda,
    Literal,
    Name,
    Path,
)
from dphub_serving.odata.errors import InvalidExpression, InvalidSyntax, ODataError, TooComplex
from tests import odata_text
from tests.unit.serving.odata.grammar.stack import shallow


@pytest.mark.parametrize(
    "text",
    [
        *["a/b/c", "a/Ns.Type/b", "Items(1)/a", "Items(x=1,y='b')/a", "Items(@k)", "f()(2)/a"],
        *["Ns.f(x=5 add 3)/$count", 'f(x=["a",{"b":null}])', "f(x=@p)", "$it/a", "$root/A('b')/c"],
        *["a/any()", "a/any(x:x/b eq 1)", "a/all(x:true)", "@a/b", "a/@Ns.T#Q/b", "@Ns.T/any(m:m)"],
        *["a/$count", "a/$count($filter=b;$search=c)", "a/$filter(b eq 1)/$filter(@c)/$count"],
        *["$these/aggregate(a with sum)", "a/aggregate($count)", "a/aggregate(B from c with Ns.m)"],
        *["case(a gt 0 : 1,true : -1)", "cast(Ns.T)", "cast(a,Collection(Ns.T))", "isof(a,T)"],
        *["[]", "{}", '{"a":[a,b]}', "geo.length(a)", "isdefined(a/b)", "matchesPattern(a,'b')"],
        *["AND", "anyone", "any/all", "null/a", "हिन्दी", "maxdatetime()"],
    ],
)  # fmt: skip
def test_a_path_reads_as_it_is_printed(text: str) -> None:
    double, single = '["a",', "['a',"
    assert odata_text.expression(parser.expression(text, "$filter")) == text.replace(double, single)


def test_what_stands_in_parentheses_is_a_key_or_a_call() -> None:
    literal = Literal("integer", "1", 6)
    assert parser.expression("Items(1)", "$filter") == Path(
        (Name("Items", 0), Arguments((Argument(None, literal),), 5))
    )
    assert parser.expression("a/f(b=@c)", "$filter") == Path(
        (Name("a", 0), Name("f", 2), Arguments((Argument("b", Alias("c", 6)),), 3))
    )


def test_parts_of_a_path_know_their_places() -> None:
    tree = parser.expression("a/@T/any( x : x eq 1 )", "$filter")
    assert isinstance(tree, Path)
    name, annotation, quantified = tree.segments
    assert (name, annotation) == (Name("a", 0), Annotation("T", None, 2))
    assert isinstance(quantified, Lambda)
    assert isinstance(quantified.predicate, Binary)
    assert (quantified.at, quantified.variable, quantified.predicate.at) == (5, "x", 16)


def test_a_count_has_a_condition_and_a_search() -> None:
    tree = parser.expression("a/$count(search=b;FILTER=c)", "$filter")
    assert isinstance(tree, Path)
    count = tree.segments[-1]
    assert isinstance(count, Count)
    assert odata_text.segment(count) == "$count($filter=c;$search=b)"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *[("any(x:x)", 3), ("a/all()", 6), ("a/any(x)", 7), ("a/any(x.y:true)", 6)],
        *[("a /b", 2), ("a/ b", 3), ("a//b", 2), ("a/$value", 2), ("a/$filter", 9), ("$that", 0)],
        *[("a/$count/b", 8), ("a/any(x:x)/b", 10), ("a/$count(top=1)", 9), ("a/$count()", 9)],
        *[("a/$count($filter=b;filter=c)", 19), ("$root", 5), ("$these", 6), ("a/f(b)", 4)],
        *[("a(null)", 2), ("a/b(null)", 4)],
        *[("a(1,2)/b", 6), ("f(a=1,2)", 1), ("f(a =1)", 4), ("@Ns.T eq @", 9), ("f(@Ns.T)", 2)],
        *[("case()", 5), ("case(a)", 6), ("cast()", 5), ("cast(a,)", 7), ("cast(a b)", 7)],
        *[("[a", 2), ('{a:1}', 1), ('{"a"}', 4), ('"a"', 0), ('["\\x"]', 1), ("a in (b,c)", 7)],
        *[("a has b", 6), ("a eq 'b'/c", 8), ("x" * 129, 0), ("a/aggregate(b)/c", 14)],
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_path_has_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.expression(text, "$filter")
    assert (problem.value.at, problem.value.target) == (at, "$filter")


@pytest.mark.parametrize("text", ["now(1)", "length()", "substring(a)", "geo.distance(a)"])
def test_a_canonical_function_takes_its_arguments(text: str) -> None:
    with pytest.raises(InvalidExpression, match="takes"):
        parser.expression(text, "$filter")


@pytest.mark.parametrize(
    "text",
    [
        *["a/any(x:" * 5000, "a/$filter(" * 5000, "[" * 10_000, '{"a":' * 5000, "case(" * 5000],
        *["f(x=" * 5000, "cast(" * 5000, "a/$count($filter=" * 3000, "length(" * 5000],
        *["a/aggregate(" * 4000, "a in (" * 5000],
    ],
)
def test_every_way_down_has_a_budget(text: str) -> None:
    """With a stack that leaves a server room for its own calls."""
    with shallow(), pytest.raises(TooComplex):
        parser.expression(text, "$filter")


@pytest.mark.parametrize(
    "text",
    [
        *[
            "'" * 63_999,
            "a.b" * 21_000,
            "1" * 63_999 + "x",
            '"' + "\\n" * 31_000,
            "duration'" * 7000,
        ],
        *["a" * 60_000 + "'", "2024-01-" * 7000, "@a.b" * 15_000, "a/" * 31_000, "-INF" * 15_000],
        *["geography'SRID=0;Point(" + "1 " * 30_000, "Ns.C'" + "a," * 30_000 + "'", "é" * 63_999],
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """Quadratic would be a minute, for each of them."""
    before = time.process_time()
    with contextlib.suppress(ODataError):
        parser.expression(text, "$filter")
    assert time.process_time() - before < 2
