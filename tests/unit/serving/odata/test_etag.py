import pytest

from dphub_serving.odata import etag, url
from dphub_serving.odata.negotiation import Format

FORM = Format()


def tag(query: str = "", *, path: str = "/odata/p", sequence: int = 3, form: Format = FORM) -> str:
    return etag.tag("p", sequence, url.parse(path, query), form)


def test_a_tag_is_weak_and_quoted() -> None:
    assert tag().startswith('W/"')
    assert tag().endswith('"')


@pytest.mark.parametrize("query", ["$top=5&$orderby=day%20desc&x=1", "x=1&orderby=day+desc&TOP=5"])
def test_the_same_request_in_another_spelling_has_the_same_tag(query: str) -> None:
    assert tag(query) == tag("%24top=5&$orderby=day desc&x=1")


def test_whatever_shapes_the_response_shapes_the_tag() -> None:
    tags = {
        tag(),
        tag("$top=5"),
        tag("x=5"),
        tag(path="/odata/q"),
        tag(path="/odata/p/Set"),
        tag(sequence=4),
        tag(form=Format(version="4.01")),
        tag(form=Format(ieee754=True)),
        etag.tag("p", 3, url.parse("/odata/p"), FORM, 40),
    }
    assert len(tags) == 9


@pytest.mark.parametrize(
    ("if_none_match", "same"),
    [
        (None, False),
        ("*", True),
        ('W/"a"', True),
        ('"a"', True),
        ('"x", W/"a" ,"b"', True),
        ('"x,a"', False),
        ("a", False),
        ("", False),
    ],
)
def test_if_none_match_compares_weakly(if_none_match: str | None, same: bool) -> None:
    assert etag.matches(if_none_match, 'W/"a"') is same


def test_any_state_names_none() -> None:
    assert not etag.names("*", 'W/"a"')
