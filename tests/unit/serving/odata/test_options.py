import pytest

from dphub_serving.odata import address, applicable, url
from dphub_serving.odata.errors import DuplicateOption, InvalidOption, ODataError, UnknownOption
from dphub_serving.odata.resources import Address
from tests.unit.serving.odata.samples import entity_type


@pytest.mark.parametrize(
    "query", ["$top=5", "top=5", "TOP=5", "$Top=5", "%24top=5", "$top=%35", "x=1&$top=5&y"]
)
def test_an_option_is_known_in_every_spelling(query: str) -> None:
    assert url.parse("/odata/p", query).options.top == 5


def test_all_options_at_once() -> None:
    options = url.parse(
        "/odata/p/S",
        "$top=5&skip=10&$count=TRUE&$format=json&$select=a,b&$orderby=a desc&$schemaversion=*&z=1",
    ).options
    assert (options.top, options.skip, options.count, options.format) == (5, 10, True, "json")
    assert len(options.select or ()) == 2
    assert len(options.orderby) == 1
    assert options.pairs[-1] == ("z", "1")


@pytest.mark.parametrize(
    "query", ["$top=1&$top=1", "$top=1&top=2", "$top=1&TOP=2", "%24skip=1&skip=1"]
)
def test_the_same_option_twice(query: str) -> None:
    with pytest.raises(DuplicateOption):
        url.parse("/odata/p", query)


@pytest.mark.parametrize("query", ["x=1&x=2", "_=123", "sap-client=100", "!special", "", "&"])
def test_custom_options_are_ignored(query: str) -> None:
    assert url.parse("/odata/p", query).options.top is None


@pytest.mark.parametrize(
    "query",
    [
        *["$top=-1", "$top=", "$top=x", "$top=1.5", "$top=+1", "$top=%2B1", "$top=٣", "$top=1_0"],
        *["$skip=-1", "$skip=9223372036854775808", f"$top={'9' * 5000}"],
        *["$count=1", "$count=", "$count =true", "$count= true"],
        *["$orderby=", "$expand=", "$select= ", "$skiptoken=x", "$fliter=a eq 1", "$", "$$top=1"],
    ],
)
def test_what_is_not_understood_is_a_bad_request(query: str) -> None:
    with pytest.raises(ODataError) as problem:
        url.parse("/odata/p", query)
    assert problem.value.status == 400
    assert problem.value.target


@pytest.mark.parametrize(
    "query",
    [
        *["apply=identity", "$apply=identity"],
        *["$deltatoken=1", "$index=1", "$levels=1", "levels=max"],
    ],
)
def test_what_the_standard_has_and_the_service_has_not(query: str) -> None:
    with pytest.raises(ODataError) as problem:
        url.parse("/odata/p", query)
    assert problem.value.status == 501
    assert query.partition("=")[0].removeprefix("$") in str(problem.value)


@pytest.mark.parametrize(
    "query",
    [
        *['$search="x', "$search=a;b", "$search=%22a%22;b", "$search='a", "$search=a+('b')"],
        *["$compute=a add 1", "$apply=identify", "$expand=a/"],
        *["$deltatoken=", "$id=", "$index=x", "$filter=a eq '#'", "$filter=a eq @b&@b=1 eq"],
        *[
            "$select= a",
            "$orderby= a",
            "$expand= a",
            "$schemaversion=",
            "$format=x",
            "$filter= (a)",
        ],
    ],
)
def test_what_the_grammar_has_not_is_a_bad_request(query: str) -> None:
    with pytest.raises(ODataError) as problem:
        url.parse("/odata/p", query)
    assert problem.value.status == 400
    assert problem.value.at is not None


def test_an_unknown_option_says_which_was_meant() -> None:
    with pytest.raises(UnknownOption, match=r"did you mean '\$filter'"):
        url.parse("/odata/p", "$fliter=1")


def test_no_other_schema_version_exists() -> None:
    with pytest.raises(ODataError) as problem:
        url.parse("/odata/p", "$schemaversion=2")
    assert problem.value.status == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/odata/", "$top=1"),
        ("/odata/p/$metadata", "$select=a"),
        ("/odata/p/S('k')", "$orderby=a"),
        ("/odata/p/S/$count", "$select=a"),
        ("/odata/p/S/$count", "$format=json"),
        ("/odata/p/S/$filter(amount gt 1)/$count", "$filter=amount gt 2"),
        ("/odata/p/S/$ref", "$select=id"),
        ("/odata/p/S('k')/$ref", "$select=id"),
        ("/odata/p/S('k')/day", "$select=id"),
        ("/odata/p/S('k')/day/$value", "$top=1"),
        ("/odata/p/S", "$id=x"),
    ],
)
def test_an_option_that_the_resource_does_not_have(path: str, query: str) -> None:
    with pytest.raises(InvalidOption, match="has no meaning"):
        addressed(path, query)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/odata/", "$format=json"),
        ("/odata/p/$metadata", "$format=xml"),
        ("/odata/p/S('k')", "$select=a&$format=json"),
        ("/odata/p/S/$count", "$top=1&$orderby=a&filter=a eq 1"),
        ("/odata/p/S/$ref", "$top=1&$orderby=a&filter=a eq 1"),
        ("/odata/p/S('k')/day", "$format=json"),
    ],
)
def test_an_option_that_the_resource_has(path: str, query: str) -> None:
    addressed(path, query)


def addressed(path: str, query: str) -> None:
    request = url.parse(path, query)
    if isinstance(request.path, Address):
        applicable.check(request.options, address.resource(request.path, entity_type()))
