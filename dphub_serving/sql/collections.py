"""What is asked of the members of a collection, in DuckDB's words.

A column that is null is a collection without members.
"""

from dphub_serving.odata.bound import Type
from dphub_serving.sql.fragment import Fragment, fill, joined
from dphub_serving.sql.statement import name

FARTHEST = 2**31 - 1
# How often the collection of this number has what is looked at.
_OFTEN = (
    'len(list_filter({{{0}}}, lambda "its equal": "its equal" IS NOT DISTINCT FROM "its item"))'
)
SUBSET = (
    '(coalesce(len(list_filter({1}, lambda "its item": '
    f"{_OFTEN.format(1)} > {_OFTEN.format(0)})), 0) = 0)"
)
# How many of the first members of the second have been found, one behind the other.
SUBSEQUENCE = (
    'coalesce(list_reduce(range(1, len({0}) + 1), lambda "its found", "its place": '
    'CASE WHEN "its found" < len({1}) AND {1}["its found" + 1] IS NOT DISTINCT FROM '
    '{0}["its place"] THEN "its found" + 1 ELSE "its found" END, 0) = len({1}), len({1}) = 0)'
)


def each(number: int) -> Fragment:
    return Fragment(name(f"each {number}"))


def kept(collection: Fragment, number: int, condition: Fragment) -> Fragment:
    return fill("list_filter({0}, lambda {1}: {2})", collection, each(number), condition)


def slice_of(collection: Fragment, skip: int, top: int | None) -> Fragment:
    first = min(skip, FARTHEST) + 1
    last = FARTHEST if top is None else min(skip + top, FARTHEST)
    return fill("list_slice({0}, {1}, {2})", collection, _place(first), _place(last))


def _place(number: int) -> Fragment:
    return Fragment("?::BIGINT", (number,))


def ordered(collection: Fragment, number: int, keys: list[Fragment], descending: bool) -> Fragment:
    """Null is the lowest, and members that tie stay in their order."""
    items = [fill(f"k{n} := {{0}} IS NOT NULL, v{n} := {{0}}", key) for n, key in enumerate(keys)]
    place = '-"its place"' if descending else '"its place"'
    every = [*items, Fragment(f"place := {place}"), fill("item := {0}", each(number))]
    sort = "list_reverse_sort" if descending else "list_sort"
    packed = fill("struct_pack({0})", joined(", ", every))
    with_keys = 'list_transform({0}, lambda {1}, "its place": {2})'
    alone = """lambda "its item": struct_extract("its item", 'item')"""
    template = f"list_transform({sort}({with_keys}), {alone})"
    return fill(template, collection, each(number), packed)


def counted(collection: Fragment) -> Fragment:
    return fill("coalesce(len({0}), 0)", collection)


def exists(collection: Fragment) -> Fragment:
    return fill("coalesce(len({0}) > 0, false)", collection)


def whole(collection: Fragment) -> Fragment:
    return fill("coalesce({0}, [])", collection)


def array(members: Fragment, kind: str) -> Fragment:
    return fill(f"[{{0}}]::{kind}", members)


def record(kind: Type, members: list[Fragment]) -> Fragment:
    pairs = zip(kind.fields, members, strict=True)
    packed = [fill(f"{name(field)} := {{0}}", each) for (field, _), each in pairs]
    return fill("struct_pack({0})", joined(", ", packed))
