"""The standard's grammar cases, as rows; `python -m tests.conformance.abnf` prints them."""

from typing import Any

import pytest

from tests.conformance.abnf import cases, runner

MISSING = f"NO GRAMMAR CASES: {cases.FILE} does not exist (set DPHUB_ABNF_CASES)"


def rows() -> list[Any]:
    if not cases.FILE.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=MISSING))]
    found = cases.read()
    return [pytest.param(each, id=f"{each.rule}: {each.text[:50]}") for each in found]


@pytest.mark.parametrize("case", rows())
def test_the_service_reads_what_the_standard_has(case: cases.Case) -> None:
    outcome = runner.run(case)
    assert outcome.fine, "\n".join(runner.report([outcome]))
