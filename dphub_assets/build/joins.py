"""The joins of a plan: in an order in which each adds one source, and what they make equal.

A semi or anti join adds no columns, only a test: its right side is the source that it names
together with all that is joined to that one (`under`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dphub_k8s.api.sources import Backend, How, Join

_MIRROR: dict[How, How] = {"inner": "inner", "full": "full", "left": "right", "right": "left"}
FILTERS = frozenset({"semi", "anti"})

Origin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlannedJoin:
    """`right` is the source that this adds to those before it; pairs are (left, right) names."""

    left: str
    right: str
    how: How
    pairs: tuple[tuple[str, str], ...]
    under: tuple["PlannedJoin", ...] = ()

    @property
    def equal(self) -> Iterator[tuple[Origin, Origin]]:
        return (((self.left, left), (self.right, right)) for left, right in self.pairs)


def in_order(backend: Backend) -> tuple[PlannedJoin, ...]:
    """As declared, but each meets what is joined already; admission has seen that they are a tree.

    A join that is reached from its right side is mirrored, which a semi or anti join cannot be: so
    the order starts with a source that none of them hides.
    """
    if not backend.joins:
        return ()
    seen = visible(backend)
    start = next(end for join in backend.joins for end in (join.left, join.right) if end in seen)
    return _from(start, list(backend.joins))


def _from(start: str, waiting: list[Join]) -> tuple[PlannedJoin, ...]:
    """The joins that are reached from `start`, taken out of `waiting`."""
    joined, ordered = {start}, []
    while join := next((j for j in waiting if {j.left, j.right} & joined), None):
        waiting.remove(join)
        if join.left not in joined:
            join = _mirrored(join)
        under = _from(join.right, waiting) if join.how in FILTERS else ()
        ordered.append(PlannedJoin(join.left, join.right, join.how, join.pairs, under))
        joined.add(join.right)
    return tuple(ordered)


def _mirrored(join: Join) -> Join:
    keys = [{"left": right, "right": left} for left, right in join.pairs]
    how = _MIRROR[join.how]
    return Join.model_validate({"left": join.right, "right": join.left, "how": how, "keys": keys})


def flat(ordered: tuple[PlannedJoin, ...]) -> Iterator[PlannedJoin]:
    """All joins, those under a filter too."""
    for join in ordered:
        yield join
        yield from flat(join.under)


def visible(backend: Backend) -> tuple[str, ...]:
    """The sources whose columns the joins yield: none on the right side of a semi or anti join."""
    hidden: set[str] = set()
    for place, join in enumerate(backend.joins):
        if join.how in FILTERS:
            rest = [other for n, other in enumerate(backend.joins) if n != place]
            hidden |= _reached(join.right, rest)
    return tuple(alias for alias in backend.sources if alias not in hidden)


def _reached(start: str, joins: list[Join]) -> set[str]:
    found = {start}
    while (
        more := {
            alias
            for join in joins
            for alias in (join.left, join.right)
            if {join.left, join.right} & found
        }
        - found
    ):
        found |= more
    return found


def all_equal(holders: tuple[Origin, ...], ordered: tuple[PlannedJoin, ...]) -> bool:
    """Whether joins make these columns equal in every row, or one of them null."""
    groups: list[set[Origin]] = [{holder} for holder in holders]
    for join in ordered:
        for ends in map(set, join.equal):
            touched = [group for group in groups if group & ends]
            groups = [group for group in groups if not group & ends]
            groups.append(ends.union(*touched))
    return any(set(holders) <= group for group in groups)
