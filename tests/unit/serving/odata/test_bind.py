import datetime as dt
from dataclasses import replace

import pytest

from dphub_serving.odata import address, bind, url
from dphub_serving.odata.errors import (
    BadToken,
    InvalidExpression,
    InvalidKey,
    NotFound,
    ODataError,
    UnknownProperty,
)
from dphub_serving.odata.query import Limits, Lookup, Query, next_token
from dphub_serving.odata.resources import Address, Entity
from dphub_serving.odata.token import AfterRow, AtRow, write
from tests.unit.serving.odata.samples import entity_type, query

QUICK = "/odata/p"
SET = "/odata/p/Outages"
LIMITS = Limits(default_top=100, max_top=1000, page_size=10_000)


def names(found: Query) -> list[str]:
    return [each.name for each in found.select]


def test_without_select_every_property_comes_in_declared_order() -> None:
    found = query()
    assert names(found) == ["id", "day", "suburb", "stage", "amount"]
    assert found.selected is None
    assert found.has_key


@pytest.mark.parametrize(
    ("select", "selected"),
    [
        ("suburb,stage", ("suburb", "stage")),
        ("stage,suburb", ("stage", "suburb")),
        ("stage, stage", ("stage",)),
        ("*", None),
        ("stage,*", None),
    ],
)
def test_select_keeps_the_order_asked(select: str, selected: tuple[str, ...] | None) -> None:
    found = query(f"$select={select}")
    assert found.selected == selected
    assert names(found) == list(selected or names(query()))


def test_a_selection_without_the_key_owes_the_id() -> None:
    assert not query("$select=stage").has_key


@pytest.mark.parametrize("order", ["day desc", "day%20desc", "day+desc"])
def test_orderby_in_three_spellings(order: str) -> None:
    (term,) = query(f"$orderby={order}").order
    assert (term.name, term.descending) == ("day", True)


def test_a_property_decides_the_order_once() -> None:
    terms = query("$orderby=day,stage desc,day desc").order
    assert [(each.name, each.descending) for each in terms] == [
        ("day", False),
        ("stage", True),
    ]


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        ("$select=stgae", 0, "did you mean 'stage'?"),
        ("$select=day,Suburb", 4, "did you mean 'suburb'?"),
        ("$orderby=day,nonsense", 4, "has no property 'nonsense'"),
        ("$orderby=day/year", 4, "Edm.Date has no property 'year'"),
        ("$select=day/year", 4, "Edm.Date has no property 'year'"),
    ],
)
def test_a_wrong_name_suggests_the_nearest(text: str, at: int, hint: str) -> None:
    with pytest.raises(UnknownProperty) as problem:
        query(text)
    assert problem.value.at == at
    assert hint in str(problem.value)


@pytest.mark.parametrize(
    "text",
    [
        *["$orderby=$it", "$orderby=now()", "$select=Ns.Type/day", "$select=Ns.*"],
        *["$select=day(a,b)", "$select=@Core.Term", "$orderby=$root/A(1)/b"],
    ],
)
def test_what_is_no_property_is_501(text: str) -> None:
    with pytest.raises(ODataError) as problem:
        query(text)
    assert problem.value.status == 501
    assert problem.value.at is not None


@pytest.mark.parametrize(
    ("path", "text", "preferred", "page", "top", "fetch"),
    [
        (QUICK, "", None, 100, None, 101),
        (QUICK, "$top=10", None, 10, 10, 10),
        (QUICK, "$top=0", None, 0, 0, 0),
        (QUICK, "$top=1000", None, 1000, 1000, 1000),
        (QUICK, "$top=5000", None, 1000, 5000, 1001),
        (QUICK, "", 40, 40, None, 41),
        (QUICK, "", 500, 500, None, 501),
        (QUICK, "", 5000, 1000, None, 1001),
        (QUICK, "$top=100", 40, 40, 100, 41),
        (QUICK, "$top=10", 40, 10, 10, 10),
        (SET, "", None, 10_000, None, 10_001),
        (SET, "$top=5000", None, 5000, 5000, 5000),
        (SET, "$top=50000", None, 10_000, 50_000, 10_001),
        (SET, "", 40, 40, None, 41),
        (SET, "$top=100", 40, 40, 100, 41),
        (SET, "", 50_000, 10_000, None, 10_001),
    ],
)
def test_the_size_of_the_first_page(
    path: str, text: str, preferred: int | None, page: int, top: int | None, fetch: int
) -> None:
    found = query(text, path=path, limits=LIMITS, maxpagesize=preferred)
    assert (found.page, found.top, found.fetch) == (page, top, fetch)


@pytest.mark.parametrize(
    ("path", "text", "default", "count"),
    [
        (QUICK, "", True, True),
        (QUICK, "", False, False),
        (QUICK, "$count=false", True, False),
        (QUICK, "$count=true", False, True),
        (SET, "", True, False),
        (SET, "$count=true", True, True),
    ],
)
def test_who_gets_a_count(path: str, text: str, default: bool, count: bool) -> None:
    assert query(text, path=path, limits=Limits(count_default=default)).count is count


def test_beside_a_token_skip_is_only_shown_and_top_is_the_page() -> None:
    first = query("$top=2500&$skip=7&$orderby=day&$count=false")
    text = write(next_token(first, 3, AfterRow(("2024-01-01", 9)), rows=1000))
    second = query(f"$top=1000&$skip=1007&$orderby=day&$skiptoken={text}")
    assert (first.skip, first.cursor) == (7, None)
    assert (second.skip, second.page, second.top) == (0, 1000, 1500)
    assert second.cursor == AfterRow(("2024-01-01", 9))
    assert second.count is False
    text = write(next_token(second, 3, AfterRow(("2024-01-02", 9)), rows=1000))
    third = query(f"$top=500&$skip=2007&$orderby=day&$skiptoken={text}")
    assert (third.page, third.top, third.fetch) == (500, 500, 500)


def test_a_page_size_that_was_preferred_goes_on_at_the_entity_set() -> None:
    first = query("", path=SET, limits=LIMITS, maxpagesize=40)
    text = write(next_token(first, 3, AtRow(40), rows=40))
    second = query(f"$skip=40&$top=40&$skiptoken={text}", path=SET, limits=LIMITS)
    assert (second.page, second.top) == (40, None)


@pytest.mark.parametrize(
    "text",
    [
        *["", "$orderby=day", "$orderby=stage desc", "$orderby=stage,day"],
        "$top=0&$orderby=stage",
    ],
)
def test_a_token_of_another_request(text: str) -> None:
    token = write(next_token(query("$orderby=stage"), 3, AfterRow((4, 9)), rows=100))
    assert query(f"$orderby=stage&$skiptoken={token}").cursor
    with pytest.raises(BadToken):
        query(f"{text}&$skiptoken={token}")


def test_a_token_of_another_product_or_snapshot() -> None:
    other = bind.query(url.parse("/odata/q"), entity_type(namespace="other"), Limits())
    with pytest.raises(BadToken):
        query(f"$skiptoken={write(next_token(other, 3, AtRow(100), rows=100))}")
    token = write(next_token(query(), 3, AtRow(100), rows=100))
    assert url.parse("/odata/p@3", f"snapshot=3&$skiptoken={token}").snapshot == 3
    with pytest.raises(BadToken, match="another snapshot"):
        query(f"snapshot=4&$skiptoken={token}")


def test_a_place_must_fit_the_order() -> None:
    token = write(next_token(query("$orderby=stage"), 3, AfterRow((4,)), rows=100))
    with pytest.raises(BadToken, match="does not fit"):
        query(f"$orderby=stage&$skiptoken={token}")


def lookup(path: str, *columns: str, key: tuple[str, ...] = ("id",), text: str = "") -> Lookup:
    request = url.parse(f"/odata/p/S{path}", text)
    kind = entity_type(*columns, key=key)
    assert isinstance(request.path, Address)
    found = address.resource(request.path, kind)
    assert isinstance(found, Entity)
    return bind.lookup(request, kind, found.key)


@pytest.mark.parametrize(
    ("path", "kind", "value"),
    [
        ("('k')", "string", "k"),
        ("(id='k')", "string", "k"),
        ("/k", "string", "k"),
        ("/5", "string", "5"),
        ("(5)", "int", 5),
        ("(5L)", "long", 5),
        ("('5')", "int", 5),
        ("/5", "int", 5),
        ("(2024-01-02)", "date", dt.date(2024, 1, 2)),
        ("/2024-01-02", "date", dt.date(2024, 1, 2)),
        ("(01234567-89ab-cdef-0123-456789abcdef)", "uuid", "01234567-89ab-cdef-0123-456789abcdef"),
        ("(2018-02-13T23%3A59%3A59Z)", "timestamp", dt.datetime(2018, 2, 13, 23, 59, 59, 0, dt.UTC)),  # noqa: E501
    ],
)  # fmt: skip
def test_a_key_gets_the_type_of_its_property(path: str, kind: str, value: object) -> None:
    assert lookup(path, f"id:{kind}", "a:int").key == (value,)


@pytest.mark.parametrize("alias", ["@k='a/b'", "@k=%27a/b%27", "x=1&@k='a/b'"])
def test_a_key_can_be_an_alias(alias: str) -> None:
    assert lookup("(@k)", text=alias).key == lookup("(id=@k)", text=alias).key == ("a/b",)


@pytest.mark.parametrize("text", ["", "@k=null", "@k=day", "@k=1", "@j='x'"])
def test_an_alias_that_is_no_key(text: str) -> None:
    with pytest.raises(InvalidKey):
        lookup("(@k)", text=text)


def test_a_compound_key_comes_in_the_order_of_the_type() -> None:
    found = lookup("(b='x',a=1)", "a:int", "b:string", key=("a", "b"), text="$select=a")
    assert found.key == (1, "x")
    assert found.selected == ("a",)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("(5)", ("id",)),
        ("(name='x')", ("id",)),
        ("(id='x',id='x')", ("id",)),
        ("(id='x',a=1)", ("id",)),
        ("('x')", ("id", "a")),
        ("/x", ("id", "a")),
        ("(id='x')", ("id", "a")),
        ("(id='x',a=true)", ("id", "a")),
        ("(id='x',a='true')", ("id", "a")),
    ],
)
def test_a_key_that_does_not_fit(path: str, key: tuple[str, ...]) -> None:
    with pytest.raises(InvalidKey):
        lookup(path, "id:string", "a:int", key=key)


def test_a_segment_that_does_not_fit() -> None:
    with pytest.raises(NotFound, match=r"'x' is no Edm\.Int32"):
        lookup("/x", "id:int")


def test_orderby_names_what_cannot_be_ordered_by() -> None:
    properties = tuple(
        replace(each, orderable=each.name != "suburb") for each in entity_type().properties
    )
    limited = replace(entity_type(), properties=properties)
    request = url.parse("/odata/p", "$orderby=day,suburb")
    with pytest.raises(InvalidExpression, match="cannot be ordered by 'suburb'") as caught:
        bind.query(request, limited, Limits())
    assert (caught.value.status, caught.value.target, caught.value.at) == (400, "$orderby", 4)
