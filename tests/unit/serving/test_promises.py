"""What the rules of a product promise of a column."""

import pytest

from dphub_k8s.api.entity import Column
from dphub_k8s.api.quality import Rule
from dphub_serving.catalog import promises
from dphub_serving.odata.edm import Valid


def rule(metric: str = "invalidValues", **more: object) -> Rule:
    arguments = {key: more.pop(key) for key in ("validValues", "pattern", "minimum", "maximum") if key in more}  # noqa: E501  # fmt: skip
    said = {"arguments": arguments} if arguments else {}
    return Rule.model_validate({"metric": metric, "column": "a", **said, **more})


@pytest.mark.parametrize(
    ("kind", "rules", "expected"),
    [
        ("string", [], Valid()),
        ("string", [rule(validValues=["x", "y"])], Valid(("x", "y"))),
        ("int", [rule(minimum=1), rule(minimum=2, maximum=3)], Valid((), 1, 3)),
        ("string", [rule(pattern="^[a-z]+$")], Valid(pattern="^[a-z]+$")),
        ("string", [rule(pattern="(?i)x")], Valid()),
        ("string", [rule(pattern=r"\pL")], Valid()),
        ("string", [rule(pattern="[[:alpha:]]")], Valid()),
        ("date", [rule(minimum="2024-01-31")], Valid((), "2024-01-31")),
        ("timestamp", [rule(minimum="2024-01-31T01:02:03Z")], Valid((), "2024-01-31T01:02:03Z")),
        ("timestamp", [rule(minimum="2024-01-31 01:02:03")], Valid()),
        # Other columns, warnings, and rules that some rows may break promise nothing.
        ("int", [rule(minimum=1, column="b")], Valid()),
        ("int", [rule(minimum=1, severity="warning")], Valid()),
        ("int", [rule(minimum=1, mustBeLessThan=5)], Valid()),
        ("int", [rule("nullValues")], Valid()),
    ],
)
def test_rules_that_hold_of_every_row(kind: str, rules: list[Rule], expected: Valid) -> None:
    assert promises.of(Column(name="a", type=kind), rules) == expected
