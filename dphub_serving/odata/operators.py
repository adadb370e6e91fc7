"""Which operators fit which types, and what comes out; None where two types do not go together.

A number in the text is compared by its exact value with whatever stands beside it, so that a column
is never cast: `stage gt 4.5` becomes `stage gt 4`, and `stage lt 1e30` asks for any value at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from dphub_serving.odata import bound, numbers
from dphub_serving.odata.bound import (
    BOOLEAN,
    DATE,
    DOUBLE,
    DURATION,
    MOMENT,
    NULL,
    ArithmeticOperator,
    Column,
    Comparison,
    ComparisonOperator,
    Constant,
    Expression,
    Junction,
    Membership,
    Record,
    Type,
)
from dphub_serving.odata.numbers import Gap, is_number
from dphub_serving.odata.values import Value

MIRRORED: Mapping[ComparisonOperator, ComparisonOperator] = {
    "eq": "eq",
    "ne": "ne",
    "gt": "lt",
    "ge": "le",
    "lt": "gt",
    "le": "ge",
}
_TRUE, _FALSE = Constant(True, BOOLEAN), Constant(False, BOOLEAN)
_OF_TIMES: Mapping[tuple[ArithmeticOperator, Type, Type], Type] = {
    ("add", MOMENT, DURATION): MOMENT,
    ("sub", MOMENT, DURATION): MOMENT,
    ("add", DATE, DURATION): DATE,
    ("sub", DATE, DURATION): DATE,
    ("sub", MOMENT, MOMENT): DURATION,
    ("sub", DATE, DATE): DURATION,
    ("add", DURATION, DURATION): DURATION,
    ("sub", DURATION, DURATION): DURATION,
}


def is_null(found: Expression) -> bool:
    return isinstance(found, Constant) and found.value is None


def comparable(left: Type, right: Type) -> bool:
    if (is_number(left) and is_number(right)) or left == right or NULL in (left, right):
        return True
    return left.is_nested and right.is_nested and unified((left, right)) is not None


def unified(kinds: Iterable[Type]) -> Type | None:
    """What values of these types are as one, or None where they do not go together."""
    found = NULL
    for kind in kinds:
        if kind in (NULL, found):
            continue
        if found == NULL:
            found = kind
        elif is_number(found) and is_number(kind):
            found = numbers.union(found, kind)
        elif found.item and kind.item:
            item = unified((found.item, kind.item))
            if item is None:
                return None
            found = numbers.collection(item)
        elif not _have_same_fields(found, kind):
            return None
    return found


def _have_same_fields(left: Type, right: Type) -> bool:
    """A name that an object leaves out is null."""
    one, other = dict(left.fields), dict(right.fields)
    return bool(one and other) and all(
        unified((one.get(name, NULL), other.get(name, NULL))) is not None for name in {*one, *other}
    )


def comparison(
    operator: ComparisonOperator, left: Expression, right: Expression
) -> Expression | None:
    if left.type.is_nested or right.type.is_nested:
        return structural(operator, left, right)
    if not comparable(left.type, right.type):
        return None
    if is_null(left) or (_is_literal(left) and not _is_literal(right)):
        operator, left, right = MIRRORED[operator], right, left
    if is_null(right):
        return _with_null(operator, left)
    if is_number(left.type):
        if _is_literal(right):
            return _with_number(operator, left, right)
        return Comparison(operator, left, right, numbers.common(left.type, right.type))
    return Comparison(operator, left, right, left.type)


def comparison_behind(
    operator: ComparisonOperator, left: Expression, floor: Constant
) -> Expression | None:
    """With a value between this one and the next."""
    if is_null(left):
        return Constant(operator == "ne", BOOLEAN)
    return _with_gap(operator, left, Gap("inside", floor)) if left.type == floor.type else None


def structural(
    operator: ComparisonOperator, left: Expression, right: Expression
) -> Expression | None:
    """Of collections and complex values: URL Conventions 4.01, section 5.1.1.1."""
    common = unified((left.type, right.type))
    if operator not in ("eq", "ne") or common is None:
        return None
    if is_null(left):
        left, right = right, left
    if is_null(right):
        # A collection is never null.
        return (
            _with_null(operator, left) if left.type.fields else Constant(operator == "ne", BOOLEAN)
        )
    if _has_entities(left.type) or _has_entities(right.type):
        return None
    same = bound.Same(left, right, common) if common.item else _alike(left, right)
    return bound.Not(same) if operator == "ne" else same


def _has_entities(kind: Type) -> bool:
    return bool((kind.item or kind).entity_set)


def _alike(left: Expression, right: Expression) -> Expression:
    """Both null, or both not and the same in every property."""
    names = dict.fromkeys(name for name, _ in (*left.type.fields, *right.type.fields))
    compared = [comparison("eq", _property(left, n), _property(right, n)) for n in names]
    values = [each for each in (left, right) if not isinstance(each, Record)]
    there = [_with_null("ne", each) for each in values]
    alike = junction("and", [*there, *(each for each in compared if each)])
    if len(values) < 2:
        return alike
    absent = junction("and", [_with_null("eq", each) for each in values])
    return junction("or", [absent, alike])


def _property(of: Expression, name: str) -> Expression:
    if isinstance(of, Record):
        return dict(of.members).get(name, Constant(None, NULL))
    kind = dict(of.type.fields).get(name)
    return bound.Member(of, name, kind) if kind else Constant(None, NULL)


def membership(operand: Expression, members: Sequence[Constant]) -> Expression:
    """Of members that are comparable with the operand."""
    null = any(is_null(each) for each in members)
    if is_null(operand):
        return _TRUE if null else _FALSE
    return Membership(operand, tuple(_distinct(operand.type, members)), null)


def junction(operator: bound.JunctionOperator, terms: Sequence[Expression]) -> Expression:
    if operator == "or":
        terms = _gathered(terms)
    return terms[0] if len(terms) == 1 else Junction(operator, tuple(terms))


def arithmetic(
    operator: ArithmeticOperator, left: Expression, right: Expression
) -> Expression | None:
    kind = _arithmetic_type(operator, left.type, right.type)
    if kind is None:
        return None
    if is_null(left) or is_null(right):
        return Constant(None, kind)
    return bound.Arithmetic(operator, left, right, kind)


# comparisons


def _is_literal(found: Expression) -> bool:
    return isinstance(found, Constant)


def _with_null(operator: ComparisonOperator, left: Expression) -> Expression:
    """`null ge null` is true, and `null gt` anything is not."""
    if operator in ("gt", "lt"):
        return _FALSE
    same: ComparisonOperator = "ne" if operator == "ne" else "eq"
    if is_null(left):
        return _FALSE if same == "ne" else _TRUE
    return Comparison(same, left, Constant(None, left.type), left.type)


def _with_number(operator: ComparisonOperator, left: Expression, right: Expression) -> Expression:
    assert isinstance(right, Constant)
    value = right.value
    assert isinstance(value, Decimal | float)
    if value != value:
        return _TRUE if operator == "ne" else _FALSE
    found = numbers.fit(value, left.type)
    if isinstance(found, Constant):
        return Comparison(operator, left, found, found.type)
    return _with_gap(operator, left, found)


def _with_gap(operator: ComparisonOperator, left: Expression, gap: Gap) -> Expression:
    match operator:
        case "eq":
            return _FALSE
        case "ne":
            return _TRUE
        case _:
            return _beyond(operator, left, gap)


def _beyond(operator: ComparisonOperator, left: Expression, gap: Gap) -> Expression:
    upward = operator in ("gt", "ge")
    if gap.floor is not None:
        return Comparison("gt" if upward else "le", left, gap.floor, gap.floor.type)
    if upward != (gap.place == "below"):
        return _FALSE
    anything = Constant(None, left.type)
    return Comparison("ne", left, anything, left.type)


# lists


def _distinct(kind: Type, members: Iterable[Constant]) -> Iterable[Value]:
    found: dict[Value, None] = {}
    for each in members:
        value = each.value
        if value is None or value != value:
            continue
        if is_number(kind):
            assert isinstance(value, Decimal | float)
            fitted = numbers.fit(value, kind)
            if isinstance(fitted, Gap) or fitted.type != kind:
                continue
            value = fitted.value
        assert value is not None
        found[value] = None
    return found


def _gathered(terms: Sequence[Expression]) -> Sequence[Expression]:
    """`a eq 1 or b or a eq 2` becomes `a in (1,2) or b`, which costs a tenth."""
    every = [_as_list(term) for term in terms]
    lists: dict[str, list[Membership]] = {}
    for name, one in filter(None, every):
        lists.setdefault(name, []).append(one)
    if all(len(each) == 1 for each in lists.values()):
        return terms
    merged: dict[object, Expression] = {}
    for number, (term, found) in enumerate(zip(terms, every, strict=True)):
        if found is None or len(lists[found[0]]) == 1:
            merged[number] = term
        elif found[0] not in merged:
            merged[found[0]] = _merged(lists[found[0]])
    return list(merged.values())


def _as_list(term: Expression) -> tuple[str, Membership] | None:
    match term:
        case Membership(operand) if place := _place(operand):
            return place, term
        case Comparison("eq", operand, Constant(value), common) if operand.type == common and (
            place := _place(operand)
        ):
            values = () if value is None else (value,)
            return place, Membership(operand, values, null=value is None)
    return None


def _place(tree: Expression) -> str | None:
    """Of a property of the row, or of what navigation leads to, its path."""
    match tree:
        case Column(prop):
            return prop.name
        case bound.Member(bound.Related(way, _, keys), name):
            begins = _place(keys[0]) if keys else ""
            return None if begins is None else f"{begins}/{way.name}/{name}"
        case _:
            return None


def _merged(lists: Sequence[Membership]) -> Membership:
    values = dict.fromkeys(value for each in lists for value in each.values)
    return Membership(lists[0].operand, tuple(values), any(each.null for each in lists))


# arithmetic


def _arithmetic_type(operator: ArithmeticOperator, left: Type, right: Type) -> Type | None:
    if NULL in (left, right):
        other = right if left == NULL else left
        return other if is_number(other) or other in (DATE, MOMENT, DURATION, NULL) else None
    if is_number(left) and is_number(right):
        return _number_type(operator, left, right)
    if operator == "mul" and DURATION in (left, right):
        return DURATION if is_number(left) or is_number(right) else None
    if operator in ("div", "divby") and left == DURATION and is_number(right):
        return DURATION
    return _OF_TIMES.get((operator, left, right))


def _number_type(operator: ArithmeticOperator, left: Type, right: Type) -> Type:
    match operator:
        case "add" | "sub":
            return numbers.sum_type(left, right)
        case "mul":
            return numbers.product_type(left, right)
        case "div":
            return numbers.quotient_type(left, right)
        case "divby":
            return DOUBLE
        case "mod":
            return numbers.common(left, right)
