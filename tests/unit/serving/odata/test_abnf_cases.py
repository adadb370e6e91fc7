"""The standard's own grammar cases, as far as this service reads them.

A valid case may be answered 501 or 404, never 400; an invalid one must be refused. The cases lie
beside the repository, or where DPHUB_CONFORMANCE says.
"""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from dphub_serving.odata import parser, url
from dphub_serving.odata.errors import ODataError

REPOSITORY = Path(__file__).parents[4]
FILE = "odata-abnf-cases.json"
FOLDER = os.environ.get("DPHUB_CONFORMANCE", str(REPOSITORY / "../shared/conformance"))
CASES = Path(FOLDER) / FILE

LITERALS = {
    *["decimalLiteral", "int32Literal", "int64Literal", "stringLiteral", "primitiveLiteral"],
    *["dateTimeOffsetLiteral", "durationLiteral", "binaryLiteral", "enumLiteral"],
}
EXPRESSIONS = {"commonExpr", "boolCommonExpr", "boolcommonExpr", "firstMemberExpr"}
LISTS = {"filter", "select", "orderby", "orderBy", "skiptoken", "queryOptions"}
# How many valid expressions are answered how: read, refused for a deviation, or not done.
READ = {200: 69, 501: 32, 400: 2}
# What the service takes or refuses otherwise than the grammar does.
DEVIATIONS = {
    "$skiptoken=Start@Next_Chunk:From?=Here!": "only tokens of this service are valid",
    'Model.Available(complex=%7B %22Name%22 : "double%20quote (%5C%22) in value" %7D)': "JSON",
    "Self.TopProduct()/Sales/aggregate(Amount with sum)": "a transformation in a path",
    "$format=JSON&$format=Atom&$format=XML&$format=text/html": "the same option twice is an error",
}


def cases(rules: set[str]) -> list[Any]:
    if not CASES.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"NO CONFORMANCE CASES: {FILE}"))]
    found = json.loads(CASES.read_text())["cases"]
    return [pytest.param(case, id=case["Input"][:60]) for case in found if case["Rule"] in rules]


def answer(case: dict[str, str]) -> int:
    """The status of the error that a case meets, or 200."""
    text = case["Input"]
    try:
        match case["Rule"]:
            case rule if rule in LITERALS | EXPRESSIONS:
                parser.expression(unquote(text), "$filter")
            case rule if rule in LISTS:
                url.parse("/odata/p", text)
            case _:
                path, _, query = text.partition("?")
                url.parse(f"/odata/p/{path}", query)
    except ODataError as problem:
        return problem.status
    return 200


@pytest.mark.parametrize(
    "case", cases(LITERALS | EXPRESSIONS | LISTS | {"resourcePath", "odataRelativeUri"})
)
def test_the_grammar_agrees(case: dict[str, str]) -> None:
    if case["Input"] in DEVIATIONS:
        assert answer(case) == 400
    elif "FailAt" in case:
        assert answer(case) >= 400
    else:
        assert answer(case) in {200, 404, 501}


def test_so_many_expressions_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Raise the numbers when the language grows; they never fall."""
    found = [case.values[0] for case in cases(EXPRESSIONS | {"filter"})]
    if found == [{}]:
        pytest.skip(f"NO CONFORMANCE CASES: {FILE}")
    valid = [case for case in found if "FailAt" not in case]
    counts = Counter(answer(case) for case in valid)
    with capsys.disabled():
        print(f"\nexpressions of the standard: {dict(counts)} of {len(valid)} valid ones")
    assert counts == READ
