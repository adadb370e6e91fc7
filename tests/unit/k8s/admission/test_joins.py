"""How sources are put together."""

from typing import Any

import pytest

from tests.factories import DROPPED, changed
from tests.unit.k8s.admission.documents import TWO, three
from tests.unit.k8s.admission.refusal import is_refused

ON = "spec.backend.joins.0.on"


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (
            changed(TWO, "spec.backend.joins.0.right", "item"),
            "spec.backend.joins[0].right",
            "UnknownSource",
            "'item' is no source; did you mean 'items'?",
        ),
        (
            changed(TWO, "spec.backend.joins.0.right", "orders"),
            "spec.backend.joins[0]",
            "SelfJoin",
            "joined with itself",
        ),
        (
            changed(TWO, "spec.backend.joins.0.how", "outer"),
            "spec.backend.joins[0].how",
            "UnknownValue",
            "known: anti, full, inner, left, right, semi",
        ),
        (changed(TWO, "spec.backend.joins", []), "spec.backend.joins", "TooFewJoins", "need 1"),
        (
            changed(TWO, "spec.backend.joins", DROPPED),
            "spec.backend.joins",
            "TooFewJoins",
            "found 0; apart: items | orders",
        ),
        (three(("a", "b")), "spec.backend.joins", "TooFewJoins", "apart: a, b | c"),
        (
            three(("a", "b"), ("b", "a"), ("b", "c")),
            "spec.backend.joins[1]",
            "JoinCycle",
            "joined already",
        ),
        (
            three(("a", "b"), ("b", "c"), ("c", "a")),
            "spec.backend.joins[2]",
            "JoinCycle",
            "'c' and 'a'",
        ),
        (changed(TWO, ON, DROPPED), "spec.backend.joins[0]", "Missing", "'on' is missing"),
        (changed(TWO, ON, []), "spec.backend.joins[0].on", "Empty", "at least one"),
        (changed(TWO, ON, [""]), "spec.backend.joins[0].on[0]", "InvalidName", "never empty"),
        (changed(TWO, ON, ["a", "a"]), "spec.backend.joins[0].on[1]", "Duplicate", "twice"),
        (
            changed(TWO, "spec.backend.joins.0.keys", [{"left": "a", "right": "b"}]),
            "spec.backend.joins[0]",
            "Ambiguous",
            "'on' or 'keys', not both",
        ),
        (
            changed(TWO, "spec.backend.joins.0", {"left": "orders", "right": "items", "keys": []}),
            "spec.backend.joins[0].keys",
            "Empty",
            "at least one",
        ),
    ],
)
def test_joins_that_make_no_tree_are_refused(
    document: Any, path: str, reason: str, message: str
) -> None:
    is_refused(document, path, reason, message)
