import pytest

from dphub_serving.odata import parser
from dphub_serving.odata.ast import ComputeItem, Name, Path
from dphub_serving.odata.errors import InvalidSyntax, TooComplex
from dphub_serving.odata.transformations import Compute, GroupBy, Limit
from tests import odata_text
from tests.unit.serving.odata.grammar.stack import shallow


@pytest.mark.parametrize(
    "text",
    [
        *["identity", "top(5)/skip(10)", "filter(a eq 1)", "search(a b)", "orderby(a desc,b)"],
        *[
            "aggregate($count as N)",
            "aggregate(a/$count as N,B,c/D as E)",
            "search('/top(1')/top(1)",
        ],
        *["aggregate(a mul b with sum from c,d with average as E)", "aggregate(B from c as D)"],
        *["groupby((a/b,rollup(c,d),rollup(H)),topcount(2,a)/aggregate(a with max as M))"],
        *["concat(identity,top(1)/skip(1))", "compute(a as b,day(c) as d)", "Ns.f(a=1,b='c')"],
        *["addnested(a/Ns.T,filter(b) as C,identity as D)", "nest(top(1) as A)", "join(a as B)"],
        *["join(@a as B)", "outerjoin(@Ns.a#q/Ns.T as B)"],
        *["outerjoin(a/Ns.T as B,filter(true))", "bottompercent($these/$count div 10,a)"],
        *[
            "ancestors($root/A,H,b/c,filter(d),identity,2,keep start)",
            "descendants($root/A,H,b,top(1))",
        ],
        *[
            "traverse($root/A,H,b,preorder)",
            "traverse($root/A,H,b,postorder,top(1),c desc,geo.length(d))",
        ],
        *["groupby((rolluprecursive($root/A,H,b,ancestors($root/A,H,b,top(1),keep start))))"],
    ],
)
def test_transformations_read_as_they_are_printed(text: str) -> None:
    shown = odata_text.sequence(parser.apply(text))
    assert shown.replace("a AND b", "a b") == text


def test_a_transformation_has_its_parts_and_places() -> None:
    assert parser.apply("groupby((a),top(3))/compute(b as c)") == (
        GroupBy((Path((Name("a", 9),)),), (Limit("top", 3, 12),), 0),
        Compute((ComputeItem(Path((Name("b", 28),)), "c", 28),), 20),
    )


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *[("", 0), ("identify", 8), ("what(1)", 0), ("top(-1)", 4), ("top(1)/", 7), ("top (1)", 4)],
        *[("aggregate()", 10), ("aggregate(a with sum)", 20), ("aggregate(a with total as b)", 17)],
        *[("aggregate($count with sum as N)", 17), ("aggregate($count)", 16), ("AGGREGATE(a)", 0)],
        *[("aggregate(a with sum from b with max)", 36), ("aggregate(a sub b as c)", 18)],
        *[
            ("groupby(a)", 8),
            ("groupby((a/Ns.T))", 15),
            ("groupby((a/@T))", 11),
            ("groupby(())", 9),
        ],
        *[("groupby((rollup(a/b)))", 19), ("concat(identity)", 15), ("nest(identity)", 13)],
        *[("join(( as B)", 5), ("join(1 as B)", 5), ("addnested(/,identity as B)", 10)],
        *[("join(a,identity)", 6), ("join(a/b/c as D)", 5), ("ancestors(a,H,b,top(1))", 10)],
        *[("ancestors($root/A,H,b,groupby((a)))", 22), ("ancestors($root/A,H,b,top(1),start)", 34)],
        *[("traverse($root/A,H,b,inorder)", 21), ("topcount(1)", 10), ("compute(a)", 9)],
        *[("groupby((rolluprecursive($root/A,H,b,top(1))))", 37), ("filter(a)filter(b)", 9)],
    ],
)
def test_what_is_wrong_with_apply_has_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.apply(text)
    assert (problem.value.at, problem.value.target) == (at, "$apply")


@pytest.mark.parametrize("text", ["concat(" * 5000, "groupby((a)," * 4000, "nest(" * 5000])
def test_nesting_has_a_budget(text: str) -> None:
    with shallow(), pytest.raises(TooComplex):
        parser.apply(text)
