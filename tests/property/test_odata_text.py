"""Any text parses or names its place; nothing but ODataError ever comes out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dphub_serving.odata import negotiation, parser, preferences, url
from dphub_serving.odata.errors import ODataError

PIECES = [
    *["a", "day", "desc", "not", "and", "eq", "in", "true", "null", "$it", "@p", "Ns.T", "*"],
    *["'", "''", "'x'", "5", "5L", "-", "1.5", "1e5", "2024-01-01", "T00:00Z", "duration'P1D'"],
    *["(", ")", ",", "/", ":", ";", " ", "=", "[", "{", '"', "#", "\n", "é", "\x00"],
]
TEXT = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


def refusal(parse: Callable[..., object], *arguments: object) -> ODataError | None:
    try:
        parse(*arguments)
    except ODataError as problem:
        return problem
    return None


def filter_expression(text: str) -> object:
    return parser.expression(text, "$filter")


@pytest.mark.parametrize(
    "parse",
    [
        *(parser.orderby, parser.select, parser.expand, parser.compute, parser.apply),
        *(parser.searched, filter_expression),
    ],
)
@given(text=TEXT)
def test_any_text_parses_or_names_its_place(parse: Callable[[str], object], text: str) -> None:
    if problem := refusal(parse, text):
        assert problem.at is not None
        assert 0 <= problem.at <= len(text)
        assert problem.body()["error"]["message"]


@given(text=TEXT)
def test_any_key_parses_or_names_its_place(text: str) -> None:
    segment = f"Set({text}"
    if problem := refusal(parser.key, segment, 3):
        assert problem.at is not None
        assert 3 <= problem.at <= len(segment)


@given(path=st.one_of(st.binary(), TEXT.map(lambda text: text.encode(errors="replace"))))
def test_any_path_is_a_resource_or_an_error(path: bytes) -> None:
    problem = refusal(url.parse, b"/odata/" + path)
    assert problem is None or problem.status in {400, 404, 501}
    if problem and problem.at is not None:
        assert 0 <= problem.at <= len(problem.target or "")


@given(query=st.one_of(st.binary(), TEXT.map(lambda text: text.encode(errors="replace"))))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    problem = refusal(url.parse, b"/odata/p", query)
    assert problem is None or problem.status in {400, 404, 501}


@given(name=st.sampled_from(["$top", "$skip", "$count", "$skiptoken", "snapshot"]), value=TEXT)
def test_any_option_value_is_read_or_refused(name: str, value: str) -> None:
    raw = f"{name}={value}".encode(errors="surrogatepass")
    problem = refusal(url.parse, b"/odata/p", raw)
    assert problem is None or problem.status in {400, 501}


@given(header=st.one_of(st.text(), st.text(alphabet='aj/*;,="\\q.01 ', max_size=60)))
def test_any_header_is_read_or_refused(header: str) -> None:
    preferences.read([header])
    for negotiate in (negotiation.data_format, negotiation.metadata_format):
        problem = refusal(negotiate, header, None, "4.0")
        assert problem is None or problem.status == 406
