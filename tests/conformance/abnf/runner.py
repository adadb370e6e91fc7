"""A case against the service: does it hold, and where was it refused?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dphub_serving.odata.errors import ODataError
from tests.conformance.abnf import rules
from tests.conformance.abnf.cases import Case
from tests.conformance.abnf.known_gaps import KNOWN_GAPS


@dataclass(frozen=True)
class Outcome:
    """`problem` is what the service has against the text, None where it reads it."""

    case: Case
    known: bool
    problem: ODataError | None

    @property
    def holds(self) -> bool:
        return self.known and (self.problem is None) == (self.case.fail_at is None)

    @property
    def gap(self) -> str | None:
        return KNOWN_GAPS.get((self.case.rule, self.case.text))

    @property
    def fine(self) -> bool:
        """A gap that has closed has no place among the known ones."""
        return self.holds == (self.gap is None)

    @property
    def agrees(self) -> bool:
        return self.problem is not None and self.problem.at == self.case.fail_at


def run(case: Case) -> Outcome:
    read = rules.read(case.rule)
    if read is None:
        return Outcome(case, False, None)
    try:
        read(case.text)
    except ODataError as problem:
        return Outcome(case, True, problem)
    return Outcome(case, True, None)


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        if not each.fine:
            yield _failure(each)
    refusals = [each for each in outcomes if each.case.fail_at is not None and each.holds]
    agreed = sum(each.agrees for each in refusals)
    left_out = sum(each.gap is not None for each in outcomes)
    yield f"{sum(each.holds for each in outcomes)} of {len(outcomes)}"
    yield f"{left_out} known gaps; refused where the standard says: {agreed} of {len(refusals)}"


def _failure(outcome: Outcome) -> str:
    case = outcome.case
    if not outcome.known:
        why = "nothing reads this rule"
    elif outcome.gap is not None:
        why = "holds, but is listed as a known gap"
    elif outcome.problem is None:
        why = f"read, but must be refused at {case.fail_at}"
    else:
        why = str(outcome.problem)
    return f"{case.suite} {case.rule} | {case.name} | {case.text} | {why}"
