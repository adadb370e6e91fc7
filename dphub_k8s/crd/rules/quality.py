"""Rules: whether each says one thing that can be measured."""

from collections.abc import Iterator

from dphub_k8s.api.quality import COUNTED, FIELDS, OPERATORS, OWN_FIELDS, Rule
from dphub_k8s.crd.demand import Demand, every, texts
from dphub_k8s.crd.rules.policies import PUBLISHED

RULE = "spec.quality[]"
NAMES = [str(Rule.model_fields[name].alias) for name in OPERATORS]
GIVEN = f"[{', '.join(f'has(self.{name})' for name in NAMES)}].filter(x, x).size()"
# Joining a list would cost without a bound.
NAMED = " + ".join(f"(has(self.{name}) ? ', {name}' : '')" for name in NAMES)


def of_metrics() -> Iterator[Demand]:
    """The fields that a metric needs, and no other."""
    for field in OWN_FIELDS:
        metrics = [metric for metric, wanted in FIELDS.items() if field in wanted]
        metrics += {"arguments": ["invalidValues"], "unit": list(COUNTED)}.get(field, [])
        rule = f"!has(self.{field}) || self.metric in {texts(metrics)}"
        yield Demand(RULE, rule, f"<<self.metric>> has no '{field}'", f".{field}")
    for wanted in sorted({fields for fields in FIELDS.values() if fields}):
        metrics = [metric for metric, fields in FIELDS.items() if fields == wanted]
        given = " || ".join(f"has(self.{field})" for field in wanted)
        told = " or ".join(f"'{field}'" for field in wanted)
        rule = f"!(self.metric in {texts(metrics)}) || {given}"
        yield Demand(RULE, rule, f"<<self.metric>> needs {told}")


DEMANDS = (
    *of_metrics(),
    Demand(
        RULE,
        "!has(self.column) || !has(self.columns) || self.metric != 'duplicateValues'",
        "give 'column' or 'columns', not both",
    ),
    Demand(
        RULE,
        f"{GIVEN} <= 1",
        f"one operator is wanted, found <<({NAMED}).substring(2)>>",
    ),
    *(
        Demand(
            RULE,
            f"!has(self.{name}) || size(self.{name}) != 2 || self.{name}[0] <= self.{name}[1]",
            "the lower bound comes first",
            f".{name}",
        )
        for name in ("mustBeBetween", "mustNotBeBetween")
    ),
    Demand(
        RULE,
        f"self.metric != 'freshness' || {GIVEN} > 0",
        "an operator is missing, such as mustBeLessThan: 86400 (seconds)",
    ),
    Demand(
        RULE,
        "self.metric != 'invalidValues' || has(self.arguments)",
        "one is wanted of 'validValues', 'pattern', 'minimum', 'maximum'",
        ".arguments",
    ),
    every(
        "spec",
        "self.quality.map(x, has(x.column), x.column)",
        "x in names",
        "'<<x>>' is no column of the entity",
        given="has(self.quality)",
        names=PUBLISHED,
        field=".quality",
    ),
)
