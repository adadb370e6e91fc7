"""Rules of a product that hold of every published row -> what `$metadata` says of a column."""

import re
from collections.abc import Iterable, Mapping

from dphub_k8s.api.entity import Column
from dphub_k8s.api.quality import Rule
from dphub_serving.odata.edm import Valid

# What RE2 and ECMAScript, which readers of Validation.Pattern have, understand alike.
_ALIKE = re.compile(r"(?:[^\\(\[]|\((?!\?)|\[(?!\[:)|\\[dDsSwWbBnrt.*+?()\[\]{}|^$/\\-])*")

_DATE, _TIME = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(\.\d{1,6})?"
_TEMPORAL: Mapping[str, str] = {
    "Edm.Date": _DATE,
    "Edm.DateTimeOffset": _DATE + "T" + _TIME + r"(Z|[+-]\d\d:\d\d)",
    "Edm.TimeOfDay": _TIME,
}


def of(column: Column, rules: Iterable[Rule]) -> Valid:
    """Of several rules for one column the first that says something counts."""
    values: tuple[bool | float | str, ...] = ()
    least = most = pattern = None
    for rule in rules:
        if rule.column != column.name or not _always(rule):
            continue
        said = rule.arguments
        values = values or said.valid_values or ()
        least = said.minimum if least is None else least
        most = said.maximum if most is None else most
        if pattern is None and said.pattern and _ALIKE.fullmatch(said.pattern):
            pattern = said.pattern
    return Valid(values, _bound(column, least), _bound(column, most), pattern)


def _always(rule: Rule) -> bool:
    """A build that breaks it publishes nothing, and no row may break it."""
    blocks = rule.metric == "invalidValues" and rule.severity == "error"
    return blocks and rule.operator == ("must_be", (0,))


def _bound(column: Column, bound: object) -> float | str | None:
    """Where OData writes the value as the product does."""
    if isinstance(bound, bool) or not isinstance(bound, int | float | str):
        return None
    written = _TEMPORAL.get(column.kind.edm)
    return bound if written is None or re.fullmatch(written, str(bound)) else None
