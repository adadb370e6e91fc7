"""Rules that published rows must keep, in the vocabulary of ODCS 3.1."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from dphub_k8s.api.noun import LONGEST_NAME, Name, Noun, Text


def _number(found: object) -> int | float:
    # A whole number may be more than any float; only of floats may be asked if they are finite.
    if isinstance(found, float):
        if math.isfinite(found):
            return found
    elif isinstance(found, int) and not isinstance(found, bool):
        return found
    raise PydanticCustomError("number_type", "a number is wanted")


def _scalar(found: object) -> bool | int | float | str:
    if isinstance(found, bool | int | float | str):
        return found
    raise PydanticCustomError("scalar_type", "a text, a number, true or false is wanted")


Metric = Literal[
    "nullValues", "duplicateValues", "invalidValues", "rowCount", "freshness", "expression"
]
Severity = Literal["error", "warning"]
# Without a branch for each type in the place that an error names.
Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Scalar = Annotated[
    bool | int | float | str,
    PlainValidator(_scalar),
    # A structural schema has no word for a choice of types.
    WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True}),
]
LONGEST_EXPRESSION = 4000
MAX_RULES = 256
MAX_RULE_COLUMNS = 64
MAX_VALUES = 1000

Measured = float | int
# By field, what holds between what was measured and the bounds; bounds belong to what is between.
OPERATORS: Mapping[str, Callable[[Measured, Sequence[Measured]], bool]] = {
    "must_be": lambda found, wanted: found == wanted[0],
    "must_not_be": lambda found, wanted: found != wanted[0],
    "must_be_greater_than": lambda found, wanted: found > wanted[0],
    "must_be_greater_or_equal_to": lambda found, wanted: found >= wanted[0],
    "must_be_less_than": lambda found, wanted: found < wanted[0],
    "must_be_less_or_equal_to": lambda found, wanted: found <= wanted[0],
    "must_be_between": lambda found, wanted: wanted[0] <= found <= wanted[1],
    "must_not_be_between": lambda found, wanted: not wanted[0] <= found <= wanted[1],
}
# Per metric: fields of which one is needed, and those that it has beside them.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "nullValues": ("column",),
    "duplicateValues": ("column", "columns"),
    "invalidValues": ("column",),
    "rowCount": (),
    "freshness": ("column",),
    "expression": ("expression",),
}
OWN_FIELDS = ("column", "columns", "expression", "arguments", "unit")
# Metrics that count rows: none may violate the rule, unless an operator says how many.
COUNTED = frozenset({"nullValues", "duplicateValues", "invalidValues", "expression"})


class Arguments(Noun):
    """What makes a value valid: all that is given; null is never invalid."""

    valid_values: tuple[Scalar, ...] | None = Field(
        default=None, alias="validValues", min_length=1, max_length=MAX_VALUES
    )
    """The values that are valid, of the type of the column."""
    pattern: Text | None = None
    """A regular expression (RE2), found anywhere in a text."""
    minimum: Scalar | None = None
    """The least valid number, date or time."""
    maximum: Scalar | None = None
    """The greatest valid number, date or time."""


class Rule(Noun):
    """One rule. `columns` and `column` are published names; at most one operator is given."""

    metric: Metric
    """What is measured."""
    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    """Unique in the product; by default metric and columns."""
    description: Text | None = None
    """Shown in Dagster."""
    severity: Severity = "error"
    """error: a build that breaks the rule publishes nothing; warning: it is shown."""
    unit: Literal["rows", "percent"] = "rows"
    """Of what operators are compared with, where rows are counted (default: rows)."""
    column: Name | None = None
    """A published column, not a generated key."""
    columns: tuple[Name, ...] = Field(
        default=(), max_length=MAX_RULE_COLUMNS, json_schema_extra={"minItems": 1}
    )
    """Published columns, taken together."""
    arguments: Arguments = Field(default=Arguments(), json_schema_extra={"minProperties": 1})
    """What makes a value valid, of invalidValues."""
    expression: str | None = Field(default=None, min_length=1, max_length=LONGEST_EXPRESSION)
    """One SQL condition over the columns of a row."""
    must_be: Number | None = Field(default=None, alias="mustBe")
    """The measured number is this."""
    must_not_be: Number | None = Field(default=None, alias="mustNotBe")
    """The measured number is not this."""
    must_be_greater_than: Number | None = Field(default=None, alias="mustBeGreaterThan")
    """The measured number is greater."""
    must_be_greater_or_equal_to: Number | None = Field(default=None, alias="mustBeGreaterOrEqualTo")
    """The measured number is this or greater."""
    must_be_less_than: Number | None = Field(default=None, alias="mustBeLessThan")
    """The measured number is less."""
    must_be_less_or_equal_to: Number | None = Field(default=None, alias="mustBeLessOrEqualTo")
    """The measured number is this or less."""
    must_be_between: tuple[Number, ...] | None = Field(
        default=None, alias="mustBeBetween", min_length=2, max_length=2
    )
    """The measured number is between two, bounds included."""
    must_not_be_between: tuple[Number, ...] | None = Field(
        default=None, alias="mustNotBeBetween", min_length=2, max_length=2
    )
    """The measured number is not between two, bounds included."""

    @property
    def title(self) -> str:
        """Its name, or one made of metric and columns."""
        return self.name or "-".join([self.metric, *self.over])

    @property
    def over(self) -> tuple[str, ...]:
        """The columns that it looks at; those of an expression are in its text."""
        return (self.column,) if self.column is not None else self.columns

    @property
    def given(self) -> tuple[str, ...]:
        """The operators that are set, by field; admission has seen that it is one at most."""
        return tuple(name for name in OPERATORS if getattr(self, name) is not None)

    @property
    def operator(self) -> tuple[str, tuple[Measured, ...]]:
        """The one that is given, by field, or what is usual for the metric; and its numbers."""
        if not self.given:
            return ("must_be", (0,)) if self.metric in COUNTED else ("must_be_greater_than", (0,))
        limit = getattr(self, self.given[0])
        return self.given[0], limit if isinstance(limit, tuple) else (limit,)

    def is_kept(self, measured: Measured) -> bool:
        """Whether what was measured is what must be."""
        operator, numbers = self.operator
        return OPERATORS[operator](measured, numbers)

    def demand(self) -> str:
        """What must be, in words: `mustBeLessThan 5 percent`."""
        operator, numbers = self.operator
        alias = type(self).model_fields[operator].alias
        return f"{alias} {' and '.join(map(str, numbers))}{self.unit_said}"

    @property
    def unit_said(self) -> str:
        if self.metric == "freshness":
            return " seconds"
        return " percent" if self.unit == "percent" else ""
