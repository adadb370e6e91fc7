"""The bound tree: every name is a property, every value has a type, every operator fits its sides.

Comparisons and `in` are true or false, never null; `and`, `or`, `not` know three values (OData URL
Conventions 4.01, section 5.1.1.1).
"""

from dataclasses import dataclass
from typing import Literal as OneOf

from dphub_serving.odata.edm import NavigationProperty, Property
from dphub_serving.odata.values import Value

ComparisonOperator = OneOf["eq", "ne", "gt", "ge", "lt", "le"]
JunctionOperator = OneOf["and", "or"]
ArithmeticOperator = OneOf["add", "sub", "mul", "div", "divby", "mod"]

# No type of the standard: what integers are computed in, as wide as decimals are.
WIDE = "Edm.Int128"


@dataclass(frozen=True, slots=True)
class Type:
    """`digits` and `scale` bound the values of an integer or decimal; elsewhere they are 0.

    A collection has an `item`, a complex type has `fields` and no name; of an entity, `entity_set`
    says where it is from.
    """

    edm: str
    digits: int = 0
    scale: int = 0
    item: "Type | None" = None
    fields: tuple[tuple[str, "Type"], ...] = ()
    entity_set: str = ""

    def __eq__(self, other: object) -> bool:
        """Asked a hundred times for a short filter, most often of two names that differ."""
        if self is other or not isinstance(other, Type):
            return self is other
        return self.edm == other.edm and self._rest == other._rest

    @property
    def _rest(self) -> tuple[object, ...]:
        return self.digits, self.scale, self.item, self.fields

    @property
    def is_nested(self) -> bool:
        return self.item is not None or bool(self.fields)


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
INT32 = Type("Edm.Int32", 10)
# Of what is navigation from there, and no value.
NAVIGATION = Type("navigation")


@dataclass(frozen=True, slots=True)
class Column:
    property: Property
    type: Type


@dataclass(frozen=True, slots=True)
class Variable:
    """A member of a collection, inside what is said of each; the outermost has the number 0."""

    number: int
    type: Type


@dataclass(frozen=True, slots=True)
class Member:
    """A property of a complex value; null where that is null."""

    operand: "Expression"
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Reference:
    """A computed property."""

    computed: "Computed"
    type: Type


@dataclass(frozen=True, slots=True)
class Related:
    """What navigation leads to: a complex value, null where there is none, or a collection of such
    values. `keys` are the values that lead there, where they are not those of the row."""

    way: NavigationProperty
    type: Type
    keys: tuple["Expression", ...] = ()


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


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true, or null."""

    branches: tuple[tuple["Expression", "Expression"], ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Cast:
    """Null where the value is none of the type."""

    operand: "Expression"
    type: Type


# collections and complex values


@dataclass(frozen=True, slots=True)
class Array:
    members: tuple["Expression", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Record:
    members: tuple[tuple[str, "Expression"], ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Counted:
    collection: "Expression"
    type: Type = INTEGER


@dataclass(frozen=True, slots=True)
class Kept:
    """The members of which the condition is true."""

    collection: "Expression"
    variable: Variable
    condition: "Expression"
    type: Type


@dataclass(frozen=True, slots=True)
class Slice:
    """The members behind the first `skip`, at most `top` of them."""

    collection: "Expression"
    skip: int
    top: int | None
    type: Type


@dataclass(frozen=True, slots=True)
class Ordered:
    """The members by the values of the keys, all of them in one direction."""

    collection: "Expression"
    variable: Variable
    keys: tuple["Expression", ...]
    descending: bool
    type: Type


@dataclass(frozen=True, slots=True)
class Quantified:
    """`any` or `all`; without a predicate, whether there is a member."""

    quantifier: OneOf["any", "all"]
    collection: "Expression"
    variable: Variable
    predicate: "Expression | None"
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Same:
    """Whether two collections have the same members in the same order; both become `common`."""

    left: "Expression"
    right: "Expression"
    common: Type
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether one of the texts has this text in it, in any case; never null."""

    operands: tuple["Expression", ...]
    text: str
    type: Type = BOOLEAN


Expression = (
    Column
    | Variable
    | Member
    | Reference
    | Related
    | Constant
    | Now
    | Arithmetic
    | Negative
    | Function
    | Comparison
    | Membership
    | Junction
    | Not
    | Case
    | Cast
    | Array
    | Record
    | Counted
    | Kept
    | Slice
    | Ordered
    | Quantified
    | Same
    | Matches
)


@dataclass(frozen=True, slots=True)
class Computed:
    """A column that a request adds. `level` is through how many others it is computed.

    A `dynamic` one is a property of its own, one that `counts` has the number of members of another
    property, and any other stands in for the property of its name.
    """

    name: str
    expression: Expression
    level: int = 1
    dynamic: bool = True
    shown: Type | None = None
    counts: str | None = None

    @property
    def type(self) -> Type:
        """Of what is shown: a collection of complex values may be without some of their parts."""
        return self.shown or self.expression.type
