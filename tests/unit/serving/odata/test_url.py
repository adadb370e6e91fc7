import pytest

from dphub_serving.odata import url
from dphub_serving.odata.ast import Key, KeyPredicate, KeySegment, KeyValue, Literal
from dphub_serving.odata.errors import InvalidOption, InvalidSyntax, NotFound, ODataError
from dphub_serving.odata.resources import (
    Collection,
    Count,
    Entity,
    Metadata,
    QuickLook,
    ResourcePath,
    Service,
    ServiceDocument,
    Step,
    Way,
)

HUB = Service()
P = Service("p")
PINNED = Service("p", 3)


def key(text: str, at: int, name: str | None = None) -> Key:
    return KeyPredicate((KeyValue(name, Literal("string", text, at)),))


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/odata", ServiceDocument(HUB)),
        ("/odata/", ServiceDocument(HUB)),
        ("/odata/$metadata", Metadata(HUB)),
        ("/odata/%24metadata", Metadata(HUB)),
        ("/odata/p", QuickLook(P)),
        ("/odata/south-africa", QuickLook(Service("south-africa"))),
        ("/odata/p/", ServiceDocument(P)),
        ("/odata/p/$metadata", Metadata(P)),
        ("/odata/p/$count", Count(P, None)),
        ("/odata/p('k')", Entity(P, None, key("k", 2))),
        ("/odata/p/Set", Collection(P, "Set")),
        ("/odata/p/Set/", Collection(P, "Set")),
        ("/odata/p/Set/$count", Count(P, "Set")),
        ("/odata/p/Set('k')", Entity(P, "Set", key("k", 4))),
        ("/odata/p/Set('k')/", Entity(P, "Set", key("k", 4))),
        ("/odata/p/Set(%27k%27)", Entity(P, "Set", key("k", 4))),
        ("/odata/p/Set%28'k'%29", Entity(P, "Set", key("k", 4))),
        ("/odata/p/Set(id='k')", Entity(P, "Set", key("k", 7, "id"))),
        ("/odata/p/Set('O''Neil')", Entity(P, "Set", key("O'Neil", 4))),
        ("/odata/p/Set(%27O%27%27Neil%27)", Entity(P, "Set", key("O'Neil", 4))),
        ("/odata/p/Set('a%2Fb')", Entity(P, "Set", key("a/b", 4))),
        ("/odata/p/Set('a+b')", Entity(P, "Set", key("a+b", 4))),
        ("/odata/p/Set/O%27Neil", Entity(P, "Set", KeySegment("O'Neil"))),
        ("/odata/p/Set/a%2Fb", Entity(P, "Set", KeySegment("a/b"))),
        ("/odata/p/Set/a(b)/", Entity(P, "Set", KeySegment("a(b)"))),
        ("/odata/p@3", QuickLook(PINNED)),
        ("/odata/p%403/", ServiceDocument(PINNED)),
        ("/odata/p@3/Set/$count", Count(PINNED, "Set")),
        ("/odata/p@3('k')", Entity(PINNED, None, key("k", 4))),
        # sets of the hub's own service
        ("/odata/my_p", Collection(HUB, "my_p")),
        ("/odata/my_p/", Collection(HUB, "my_p")),
        ("/odata/my_p@3", Collection(Service(None, 3), "my_p")),
        ("/odata/my_p/$count", Count(HUB, "my_p")),
        ("/odata/my_p('k')", Entity(HUB, "my_p", key("k", 5))),
        ("/odata/my_p/k(1)", Entity(HUB, "my_p", KeySegment("k(1)"))),
    ],
)
def test_a_path_names_a_resource(path: str, resource: ResourcePath) -> None:
    assert url.parse(path, hub_sets={"my_p"}).path == resource


@pytest.mark.parametrize(
    ("path", "steps", "part"),
    [
        ("Set('k')/nav", (Step("nav"),), "entities"),
        ("Set/k/nav/", (Step("nav"),), "entities"),
        ("Set('k')/nav('x')/on", (Step("nav", key("x", 4)), Step("on")), "entities"),
        ("Set('k')/nav/$count", (Step("nav"),), "count"),
        ("Set('k')/nav/$ref", (Step("nav"),), "ref"),
    ],
)
def test_behind_an_entity_navigation_goes_on(path: str, steps: tuple[Step, ...], part: str) -> None:
    found = url.parse(f"/odata/p/{path}").path
    assert isinstance(found, Way)
    assert (found.steps, found.part) == (steps, part)
    assert "/".join(found.segments) == f"p/{path}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/other", 404),
        ("/odatax", 404),
        ("/odata//p", 404),
        ("/odata/p//x", 404),
        ("/odata/p/Set//x", 404),
        ("/odata/p/(1)", 404),
        ("/odata/p@x", 404),
        ("/odata/$nonsense", 404),
        ("/odata/p/$nonsense", 404),
        ("/odata/my_p/$metadata", 404),
        ("/odata/$batch", 501),
        ("/odata/p/$batch", 501),
        ("/odata/p/$crossjoin(A,B)", 501),
        ("/odata/p/Set/$filter(@f)", 501),
        ("/odata/p/Set/$ref", 501),
        ("/odata/p/Set/$filter(a/b eq 1)/$count", 501),
        ("/odata/p/Set/$filter(a/b eq)", 400),
        ("/odata/p/$crossjoin(A,)", 400),
        ("/odata/p/Set('k')/name/$value/x", 400),
        ("/odata/p/Set('k')/f(x=1)/$filter(@a)/$count", 501),
        ("/odata/p/Set('k')/f(x=", 400),
        ("/odata/p/Set('k')/$what", 404),
        ("/odata/p/Set('k')/a//b", 404),
        ("/odata/p/Set('k')/$value", 501),
        ("/odata/p/Set('k')/name/$count/x", 400),
        ("/odata/p/Set('k')/Ns.Type/name", 501),
        ("/odata/p/Set(@k)", 501),
        ("/odata/p/Set()", 501),
        ("/odata/p/Set(1)(2)", 501),
        ("/odata/p/No.Dot", 404),
        ("/odata/p/.Set(1)", 404),
        ("/odata/p/Set('a/b')", 400),
        ("/odata/p/Set('k'", 400),
        ("/odata/p/Set('k)", 400),
        ("/odata/p/Set('a','b')", 400),
        ("/odata/p/Set(null)", 400),
        ("/odata/p/Set(id=)", 400),
        ("/odata/p/%ff", 400),
    ],
)
def test_a_path_that_names_none_says_why(path: str, status: int) -> None:
    with pytest.raises(ODataError) as problem:
        url.parse(path, hub_sets={"my_p"})
    assert problem.value.status == status


def test_the_place_of_an_error_counts_in_its_segment() -> None:
    with pytest.raises(InvalidSyntax) as problem:
        url.parse("/odata/p/Set('a')extra)")
    assert (problem.value.target, problem.value.at) == ("Set('a')extra)", 8)


def test_bytes_are_split_before_they_are_decoded() -> None:
    request = url.parse(b"/odata/p", b"a=1%262&b=x=y&c+d=e%3Df&g&&=h")
    assert request.options.pairs == (
        ("a", "1&2"),
        ("b", "x=y"),
        ("c d", "e=f"),
        ("g", ""),
        ("", "h"),
    )


def test_another_root() -> None:
    assert url.parse("/api/odata/p", root="/api/odata").path == QuickLook(P)


@pytest.mark.parametrize(
    ("path", "query", "snapshot"),
    [
        ("/odata/p", "", None),
        ("/odata/p@7", "", 7),
        ("/odata/p", "snapshot=7", 7),
        ("/odata/p@7", "snapshot=7", 7),
    ],
)
def test_a_snapshot_is_pinned_by_path_or_option(
    path: str, query: str, snapshot: int | None
) -> None:
    assert url.parse(path, query).snapshot == snapshot


@pytest.mark.parametrize("query", ["snapshot=8", "snapshot=x", "snapshot=7&snapshot=7"])
def test_two_snapshots_or_none_at_all(query: str) -> None:
    with pytest.raises(ODataError) as problem:
        url.parse("/odata/p@7", query)
    assert problem.value.status == 400


def test_what_a_path_cannot_be_is_not_found() -> None:
    with pytest.raises(NotFound):
        url.parse("/odata/p@x")
    with pytest.raises(InvalidOption):
        url.parse("/odata/p@7", "snapshot=8")
