import time

import pytest

from dphub_serving.odata.ast import Arguments, Count, CrossJoin, Filtered, KeySegment, Name, Step
from dphub_serving.odata.errors import ODataError
from dphub_serving.odata.grammar import resource


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("A", (Name,)),
        ("A(1)/b/$value", (Name, Arguments, Name, Name)),
        ("A(x=1,y='b')/$ref", (Name, Arguments, Name)),
        ("A(@k)", (Name, Arguments)),
        ("f(a=1)(2)/b", (Name, Arguments, Arguments, Name)),
        ("A/O'Neil/0", (Name, KeySegment, KeySegment)),
        ("A/a-b/-1", (Name, KeySegment, KeySegment)),
        ("A(1)/Ns.T/Ns.f/$query", (Name, Arguments, Name, Name, Name)),
        ("A/Ns.f()/$count", (Name, Name, Arguments, Count)),
        ("A/$filter(b/c eq 1)/$filter(@x)", (Name, Filtered, Filtered)),
        ("$crossjoin(A,B)/$query", (CrossJoin, Name)),
        ("$all/Ns.T", (Name, Name)),
        ("$entity/Ns.T", (Name, Name)),
        ("$metadata", (Name,)),
        ("A/$each/Ns.f", (Name, Name, Name)),
        ("A(1)/b/$query", (Name, Arguments, Name, Name)),
    ],
)
def test_a_path_has_its_steps(path: str, kinds: tuple[type[Step], ...]) -> None:
    assert tuple(map(type, resource.read(resource.split(path)))) == kinds


@pytest.mark.parametrize(
    ("path", "target", "at"),
    [
        (".A(1)", ".A(1)", 0),
        ("A.(1)", "A.(1)", 1),
        ("A//b", "A", None),
        ("A(1", "A(1", 3),
        ("A(1)b", "A(1)b", 4),
        ("A(1,2)", "A(1,2)", 1),
        ("A(null)", "A(null)", 2),
        ("f(x=[1])", "f(x=[1])", 4),
        ("f(x=1 add 2)", "f(x=1 add 2)", 6),
        ("A/$count/b", "b", 0),
        ("A/$ref/$count", "$count", 0),
        ("A/b/$value/c", "c", 0),
        ("A/$query/b", "b", 0),
        ("A/$filter(b", "$filter(b", 9),
        ("A/$filter(b)c", "$filter(b)c", 10),
        ("A/$links", "$links", None),
        ("$metadata/A", "A", 0),
        ("$all/A(1)", "A(1)", 0),
        ("$all/Ns.T/b", "b", 0),
        ("$entity/Ns.T/b", "b", 0),
        ("A(1)/Ns.T/Ns.T", "Ns.T", 0),
        ("$crossjoin(A)/b", "b", 0),
        ("$crossjoin()", "$crossjoin()", 11),
        ("$count", "$count", 0),
        ("A/$crossjoin(A)", "$crossjoin(A)", 0),
    ],
)
def test_what_is_wrong_with_a_path_has_its_place(path: str, target: str, at: int | None) -> None:
    with pytest.raises(ODataError) as problem:
        resource.read(resource.split(path))
    assert (problem.value.target, problem.value.at) == (target, at)


def test_slashes_inside_of_a_filter_are_its_own() -> None:
    assert resource.split("A/$filter(b/c eq '(/')/$count") == [
        "A",
        "$filter(b/c eq '(/')",
        "$count",
    ]
    assert resource.split("A/%24filter%28b/c%29/d") == ["A", "%24filter%28b/c%29", "d"]


def test_many_slashes_take_no_time() -> None:
    before = time.process_time()
    resource.split("$filter(" + "a/" * 100_000)
    assert time.process_time() - before < 2
