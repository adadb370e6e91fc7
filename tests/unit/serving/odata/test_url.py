import pytest

from dphub_serving.odata import url
from dphub_serving.odata.ast import Alias, Key, KeyPredicate, KeyValue, Literal
from dphub_serving.odata.errors import InvalidOption, InvalidSyntax, NotFound, ODataError
from dphub_serving.odata.resources import (
    Address,
    Batch,
    EntityById,
    Metadata,
    ResourcePath,
    Service,
    ServiceDocument,
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
        ("/odata/p", Address(P, None)),
        ("/odata/south-africa", Address(Service("south-africa"), None)),
        ("/odata/p/", ServiceDocument(P)),
        ("/odata/p/$metadata", Metadata(P)),
        ("/odata/p/$count", Address(P, None, None, ("$count",))),
        ("/odata/p('k')", Address(P, None, key("k", 2))),
        ("/odata/p/Set", Address(P, "Set")),
        ("/odata/p/Set/", Address(P, "Set")),
        ("/odata/p/Set/$count", Address(P, "Set", None, ("$count",))),
        ("/odata/p/Set('k')", Address(P, "Set", key("k", 4))),
        ("/odata/p/Set('k')/", Address(P, "Set", key("k", 4))),
        ("/odata/p/Set(%27k%27)", Address(P, "Set", key("k", 4))),
        ("/odata/p/Set%28'k'%29", Address(P, "Set", key("k", 4))),
        ("/odata/p/Set(id='k')", Address(P, "Set", key("k", 7, "id"))),
        ("/odata/p/Set('O''Neil')", Address(P, "Set", key("O'Neil", 4))),
        ("/odata/p/Set(%27O%27%27Neil%27)", Address(P, "Set", key("O'Neil", 4))),
        ("/odata/p/Set('a%2Fb')", Address(P, "Set", key("a/b", 4))),
        ("/odata/p/Set('a+b')", Address(P, "Set", key("a+b", 4))),
        ("/odata/p/Set/O%27Neil", Address(P, "Set", None, ("O'Neil",))),
        ("/odata/p/Set/a%2Fb", Address(P, "Set", None, ("a/b",))),
        ("/odata/p/Set/a(b)/", Address(P, "Set", None, ("a(b)",))),
        ("/odata/p@3", Address(PINNED, None)),
        ("/odata/p%403/", ServiceDocument(PINNED)),
        ("/odata/p@3/Set/$count", Address(PINNED, "Set", None, ("$count",))),
        ("/odata/p@3('k')", Address(PINNED, None, key("k", 4))),
        ("/odata/p/$batch", Batch(P)),
        ("/odata/$batch", Batch(HUB)),
        ("/odata/p/Set/$ref", Address(P, "Set", None, ("$ref",))),
        ("/odata/p/Set/k/name/$value", Address(P, "Set", None, ("k", "name", "$value"))),
        ("/odata/p/Set('k')/name/", Address(P, "Set", key("k", 4), ("name",))),
        (
            "/odata/p/Set/$filter(a%2Fb eq 1)/$count",
            Address(P, "Set", None, ("$filter(a/b eq 1)", "$count")),
        ),
        ("/odata/p/$filter(@f)", Address(P, None, None, ("$filter(@f)",))),
        ("/odata/p/Set/$query", Address(P, "Set", None, ("$query",))),
        ("/odata/p/Set(@k)", Address(P, "Set", KeyPredicate((KeyValue(None, Alias("k", 4)),)))),
        # sets of the hub's own service
        ("/odata/my_p", Address(HUB, "my_p")),
        ("/odata/my_p/", Address(HUB, "my_p")),
        ("/odata/my_p@3", Address(Service(None, 3), "my_p")),
        ("/odata/my_p/$count", Address(HUB, "my_p", None, ("$count",))),
        ("/odata/my_p('k')", Address(HUB, "my_p", key("k", 5))),
        ("/odata/my_p/k(1)", Address(HUB, "my_p", None, ("k(1)",))),
    ],
)
def test_a_path_names_a_resource(path: str, resource: ResourcePath) -> None:
    assert url.parse(path, hub_sets={"my_p"}).path == resource


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
        ("/odata/p/$crossjoin(A,B)", 501),
        ("/odata/p/Set/$filter(a/b eq)", 400),
        ("/odata/p/$crossjoin(A,)", 400),
        ("/odata/p/Set('k')/name/$value/x", 400),
        ("/odata/p/Set('k')/f(x=", 400),
        ("/odata/p/Set('k')/$what", 404),
        ("/odata/p/Set('k')/a//b", 404),
        ("/odata/p/$entity", 400),
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


def test_an_entity_is_named_by_its_id() -> None:
    assert url.parse("/odata/p/$entity", "$id=x").path == EntityById(P)
    assert url.parse("/odata/$entity/p.T", "$id=x&$select=a").path == EntityById(HUB, "p.T")
    for query in ("", "$select=a", "$id=x&$select=a"):
        with pytest.raises(InvalidOption):
            url.parse("/odata/p/$entity", query)


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
    assert url.parse("/api/odata/p", root="/api/odata").path == Address(P, None)


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


def test_what_is_not_utf_8_is_shown_as_it_came() -> None:
    for path, query, shown, target in (
        ("/odata/p/%ff", "", "%ff", None),
        ("/odata/p/Set", "$filter=a eq '%e9'", "a eq '%e9'", "$filter"),
        ("/odata/p/Set", "%e9=1", "%e9", None),
    ):
        with pytest.raises(InvalidSyntax) as problem:
            url.parse(path, query)
        assert str(problem.value) == f"{shown!r} is not UTF-8 after percent-decoding"
        assert problem.value.target == target
