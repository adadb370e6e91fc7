"""Responses begin with control information and end with the link."""

from dphub_serving.odata.negotiation import Format
from dphub_serving.rows import encode

ROWS = ['{"a":1}', '{"a":2}']


def test_a_collection() -> None:
    assert encode.collection(ROWS, Format(), "c#X", 7, "n") == (
        b'{"@odata.context":"c#X","@odata.count":7,"value":[{"a":1},{"a":2}],"@odata.nextLink":"n"}'
    )
    assert encode.collection([], Format(version="4.01"), "c#X", None, None) == (
        b'{"@context":"c#X","value":[]}'
    )


def test_the_count_is_a_text_where_numbers_are() -> None:
    body = encode.collection([], Format(ieee754=True), "c", 7, None)
    assert b'"@odata.count":"7"' in body


def test_an_entity() -> None:
    assert encode.entity(ROWS[0], Format(), 'c"#X') == b'{"@odata.context":"c\\"#X","a":1}'
    assert encode.entity(ROWS[0], Format(level="none"), "c") == b'{"a":1}'
