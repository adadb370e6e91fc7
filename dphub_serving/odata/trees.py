"""Walks over bound trees: what is in them, and what they refer to."""

from collections.abc import Iterable

from dphub_serving.odata.bound import (
    Arithmetic,
    Array,
    Case,
    Cast,
    Column,
    Comparison,
    Computed,
    Constant,
    Counted,
    Expression,
    Function,
    Junction,
    Kept,
    Matches,
    Member,
    Membership,
    Negative,
    Not,
    Now,
    Ordered,
    Quantified,
    Record,
    Reference,
    Related,
    Same,
    Slice,
    Variable,
)
from dphub_serving.odata.edm import Property


def parts(tree: Expression) -> tuple[Expression, ...]:
    """What it is made of; of a reference nothing, as that is computed elsewhere."""
    match tree:
        case Column() | Variable() | Reference() | Constant() | Now():
            return ()
        case Not(operand) | Negative(operand) | Membership(operand) | Cast(operand):
            return (operand,)
        case Member(operand) | Counted(operand) | Slice(operand):
            return (operand,)
        case Arithmetic(_, left, right) | Comparison(_, left, right) | Same(left, right):
            return (left, right)
        case Junction(_, found) | Function(_, found) | Array(found) | Matches(found):
            return found
        case Related(_, _, keys):
            return keys
        case Ordered(collection, _, keys):
            return (collection, *keys)
        case Record(members):
            return tuple(value for _, value in members)
        case Case(branches):
            return tuple(each for branch in branches for each in branch)
        case Kept(collection, _, condition):
            return (collection, condition)
        case Quantified(_, collection, _, predicate):
            return (collection, predicate) if predicate else (collection,)


def within(tree: Expression) -> list[Expression]:
    """The tree and everything in it."""
    found, waiting = list[Expression](), [tree]
    while waiting:
        found.append(each := waiting.pop())
        waiting += parts(each)
    return found


def with_references(*trees: Expression) -> list[Expression]:
    """Everything in them, and once in whatever they refer to."""
    found, waiting, seen = list[Expression](), list(trees), set[str]()
    while waiting:
        for each in within(waiting.pop()):
            found.append(each)
            if isinstance(each, Reference) and each.computed.name not in seen:
                seen.add(each.computed.name)
                waiting.append(each.computed.expression)
    return found


def complete(computed: Iterable[Computed]) -> tuple[Computed, ...]:
    """With those that they are computed from, which come first."""
    found = {each.name: each for each in computed}
    for each in with_references(*(each.expression for each in found.values())):
        if isinstance(each, Reference):
            found[each.computed.name] = each.computed
    return tuple(sorted(found.values(), key=lambda each: each.level))


def is_volatile(*trees: Expression) -> bool:
    """Whether the value depends on the moment."""
    return any(isinstance(each, Now) for each in with_references(*trees))


def properties(*trees: Expression) -> list[Property]:
    """Those that it is computed from."""
    return [each.property for each in with_references(*trees) if isinstance(each, Column)]
