"""The bound tree: every name is a property, every value has a type, every operator fits its sides.

Comparisons and `in` are true or false, never null; `and`, `or`, `not` know three values (OData URL
Conventions 4.01, section 5.1.1.1).
"""

from dataclasses import dataclass
from typing import Literal as OneOf

from dphub_serving.odata.edm import Property
from dphub_serving.odata.values import Value

ComparisonOperator = OneOf["eq", "ne", "gt", "ge", "lt", "le"]
JunctionOperator = OneOf["and", "or"]
ArithmeticOperator = OneOf["add", "sub", "mul", "div", "divby", "mod"]

# No type of the standard: what integers are computed in, as wide as decimals are.
WIDE = "Edm.Int128"


@dataclass(frozen=True, slots=True)
class Type:
    """`digits` and `scale` bound the values of an integer or decimal; elsewhere they are 0."""

    edm: str
    digits: int = 0
    scale: int = 0


NULL = Type("null")
BOOLEAN = Type("Edm.Boolean")
STRING = Type("Edm.String")
DOUBLE = Type("Edm.Double")
SINGLE = Type("Edm.Single")
DATE = Type("Edm.Date")
MOMENT = Type("Edm.DateTimeOffset")
TIME = Type("Edm.TimeOfDay")
DURATION = Type("Edm.Duration")
INTEGER = Type("Edm.Int64", 19)


@dataclass(frozen=True, slots=True)
class Column:
    property: Property
    type: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A null has no value; its type is what it would be."""

    value: Value | None
    type: Type


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of the request."""

    type: Type = MOMENT


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Both sides are computed in `type`."""

    operator: ArithmeticOperator
    left: "Expression"
    right: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Negative:
    operand: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Function:
    """`name` is a row of the function table."""

    name: str
    arguments: tuple["Expression", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides are of `common`, or become it."""

    operator: ComparisonOperator
    left: "Expression"
    right: "Expression"
    common: Type
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Membership:
    """`values` are of the operand's type; `null` says that null is a member too."""

    operand: "Expression"
    values: tuple[Value, ...]
    null: bool
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Junction:
    """A chain of one operator, however long, is one node."""

    operator: JunctionOperator
    terms: tuple["Expression", ...]
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Expression"
    type: Type = BOOLEAN


Expression = (
    Column
    | Constant
    | Now
    | Arithmetic
    | Negative
    | Function
    | Comparison
    | Membership
    | Junction
    | Not
)


def mentions_now(tree: Expression) -> bool:
    match tree:
        case Now():
            return True
        case Column() | Constant():
            return False
        case Not(operand) | Negative(operand) | Membership(operand):
            return mentions_now(operand)
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return mentions_now(left) or mentions_now(right)
        case Junction(_, parts) | Function(_, parts):
            return any(map(mentions_now, parts))
