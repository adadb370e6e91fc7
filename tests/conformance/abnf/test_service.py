"""The standard's grammar cases as requests.

A valid one may be answered 501 or 404, never 400; an invalid one must be refused.
"""

from collections import Counter
from typing import Any
from urllib.parse import unquote

import pytest

from dphub_serving.odata import parser, url
from dphub_serving.odata.errors import ODataError
from tests.conformance.abnf import cases
from tests.conformance.abnf.cases import Case
from tests.conformance.abnf.known_gaps import KNOWN_GAPS
from tests.conformance.abnf.test_cases import MISSING

EXPRESSIONS = {"commonExpr", "boolCommonExpr", "boolcommonExpr", "firstMemberExpr"}
OPTIONS = {
    *("filter", "select", "expand", "compute", "search", "orderby", "orderBy"),
    *("skiptoken", "queryOptions", "customQueryOption"),
}
PATHS = {"resourcePath", "odataRelativeUri"}
# What the service takes or refuses otherwise than the grammar does.
DEVIATIONS = {
    "$skiptoken=Start@Next_Chunk:From?=Here!": "only tokens of this service are valid",
    "$format=JSON&$format=Atom&$format=XML&$format=text/html": "the same option twice is an error",
}


def rows(rules: set[str]) -> list[Any]:
    if not cases.FILE.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=MISSING))]
    found = [each for each in cases.read() if each.rule in rules]
    return [pytest.param(each, id=each.text[:60]) for each in found]


def answer(case: Case) -> int:
    """The status of the error that a case meets, or 200."""
    try:
        if case.rule in EXPRESSIONS:
            parser.expression(unquote(case.text), "$filter")
        elif case.rule in OPTIONS:
            url.parse("/odata/p", case.text)
        else:
            path, _, query = case.text.partition("?")
            url.parse(f"/odata/p/{path}", query)
    except ODataError as problem:
        return problem.status
    return 200


@pytest.mark.parametrize("case", rows(EXPRESSIONS | OPTIONS | PATHS))
def test_the_service_agrees(case: Case) -> None:
    if case.text in DEVIATIONS:
        assert answer(case) == 400
    elif (case.rule, case.text) in KNOWN_GAPS:
        assert answer(case) in {200, 501}  # the model refuses it, or will
    elif case.fail_at is not None:
        assert answer(case) >= 400
    else:
        assert answer(case) in {200, 404, 501}


def test_every_valid_expression_is_read() -> None:
    if not cases.FILE.exists():
        pytest.skip(MISSING)
    valid = [each for each in cases.read() if each.rule in EXPRESSIONS and each.fail_at is None]
    assert Counter(map(answer, valid)) == {200: len(valid)}
