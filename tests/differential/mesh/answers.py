"""What a request must find: plain Python over the rows of a mesh."""

from dataclasses import replace
from typing import Any

from tests.differential.evaluator import Node, Row, evaluate
from tests.differential.mesh.kinds import TEXT
from tests.differential.mesh.options import COMPUTED, Expanded, Options
from tests.differential.mesh.sets import EntitySet

# The key of a row, which `@odata.id` tells.
ID = "@id"


def page(of: EntitySet, rows: list[Row], options: Options) -> tuple[list[Row], int]:
    """The rows that are shown, and how many there would be without `$skip` and `$top`."""
    found = kept(of, rows, options)
    for term, descending in reversed(options.orderby):
        # Python keeps ties in their order, also in reverse.
        found = sorted(found, key=lambda row: _sort_key(term, row), reverse=descending)
    end = None if options.top is None else options.skip + options.top
    return found[options.skip : end], len(found)


def kept(of: EntitySet, rows: list[Row], options: Options) -> list[Row]:
    found = [_computed(row, options) for row in rows]
    if options.filter:
        found = [row for row in found if evaluate(options.filter, {**row, "@$it": row}) is True]
    return [row for row in found if not options.search or _has(of, row, options.search)]


def shown(of: EntitySet, row: Row, options: Options) -> Row:
    row = _computed(row, options)
    names = options.select or [*of.columns, *([COMPUTED] if options.compute else [])]
    found = {ID: row[of.key], **{name: row[name] for name in names}}
    for each in options.expand:
        found |= _brought(of, row, each)
    return found


def _computed(row: Row, options: Options) -> Row:
    return {**row, COMPUTED: evaluate(options.compute, row)} if options.compute else row


def _sort_key(term: Node, row: Row) -> tuple[bool, Any]:
    """Null is the lowest."""
    value = evaluate(term, row)
    return value is not None, 0 if value is None else value


def _has(of: EntitySet, row: Row, search: str) -> bool:
    texts = [row[n].lower() for n, kind in of.columns.items() if kind.sort == TEXT.sort and row[n]]

    def has(word: str) -> bool:
        return any(word.strip('"') in text for text in texts)

    if search.startswith("NOT "):
        return not has(search.removeprefix("NOT "))
    return any(all(map(has, each.split(" AND "))) for each in search.split(" OR "))


def _brought(of: EntitySet, row: Row, expanded: Expanded) -> Row:
    name, options = expanded.way, expanded.options
    way = of.ways[name]
    if not way.many:
        other = row[name]
        return {name: other and _member(way.target, other, expanded)}
    if expanded.of == "/$count":
        return {f"{name}@count": len(kept(way.target, row[name], options))}
    rows, total = page(way.target, row[name], options)
    found: Row = {name: [_member(way.target, each, expanded) for each in rows]}
    return {**found, f"{name}@count": total} if options.count else found


def _member(of: EntitySet, row: Row, expanded: Expanded) -> Row:
    if expanded.of == "/$ref":
        return {ID: row[of.key]}
    found = shown(of, row, expanded.options)
    if expanded.levels > 1:
        found |= _brought(of, row, replace(expanded, levels=expanded.levels - 1))
    return found


def without_nulls(found: Any) -> Any:
    match found:
        case dict():
            return {n: without_nulls(value) for n, value in found.items() if value is not None}
        case list():
            return [without_nulls(each) for each in found]
        case _:
            return found


def difference(got: Any, wanted: Any, at: str = "") -> str:
    """The first, and where; a row need not tell its key if it shows something else."""
    match got, wanted:
        case dict(), dict():
            if ID not in got and len(wanted) > 1:
                wanted = {name: value for name, value in wanted.items() if name != ID}
            if got.keys() != wanted.keys():
                return f"{at} has {sorted(got)}, not {sorted(wanted)}"
            told = (difference(got[name], wanted[name], f"{at}/{name}") for name in wanted)
            return next(filter(None, told), "")
        case list(), list():
            if len(got) != len(wanted):
                return f"{at} has {len(got)} rows, not {len(wanted)}"
            pairs = enumerate(zip(got, wanted, strict=True))
            told = (difference(one, other, f"{at}[{n}]") for n, (one, other) in pairs)
            return next(filter(None, told), "")
        case _:
            same = isinstance(got, bool) is isinstance(wanted, bool)
            return "" if same and got == wanted else f"{at} is {got!r}, not {wanted!r}"
