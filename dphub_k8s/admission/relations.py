"""Sets beside the product's own: sources that are published, and navigation to others.

Whether a target is there, and has such columns, is no fault of the product: its status tells.
"""

from collections.abc import Iterator

from dphub_k8s.admission.backend import SOURCES
from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.admission.entity import identifier
from dphub_k8s.admission.identity import misnamed
from dphub_k8s.api.entity import Column
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.navigation import Navigation, leads
from dphub_k8s.api.types import UnknownType

NAVIGATION = ("spec", "entity", "navigation")


def published(draft: Draft, _: Context) -> Iterator[Problem]:
    """Sources with `publish`: names, each of one set or type."""
    own = {draft.text("spec", "entity", "name"), draft.text("spec", "api", "resource")}
    taken = {name.lower(): "the product's own" for name in own if name}
    for alias, source in draft.sources.items():
        if not (source and source.publish):
            continue
        place, wanted = at(*SOURCES, alias, "publish"), source.publish
        yield from identifier(wanted.entity_set, f"{place}.entitySet")
        yield from identifier(wanted.key, f"{place}.key")
        if wanted.key.lower() in (ORDINAL, ROW_NUMBER):
            message = f"{wanted.key!r} is a name that the hub uses itself"
            yield Problem(f"{place}.key", "Reserved", message)
        name = wanted.entity_set.lower()
        if name in taken:
            message = f"{name!r} is the name of two sets or types; the other is {taken[name]}"
            yield Problem(f"{place}.entitySet", "Duplicate", message)
        taken.setdefault(name, f"that of source {alias!r}")


def navigation(draft: Draft, _: Context) -> Iterator[Problem]:
    columns = {name.lower() for name in draft.named}
    seen: dict[str, int] = {}
    for number, each in enumerate(draft.navigation):
        if each is None:
            continue
        place = at(*NAVIGATION, number)
        yield from identifier(each.name, f"{place}.name")
        if each.name.lower() in columns:
            message = f"{each.name!r} is the name of a column (case does not count)"
            yield Problem(f"{place}.name", "Duplicate", message)
        if seen.setdefault(each.name.lower(), number) != number:
            message = f"{each.name.lower()!r} is there twice (case does not count)"
            yield Problem(f"{place}.name", "Duplicate", message)
        yield from _target(each, f"{place}.target")
        yield from _keys(each, place, draft)


def _target(each: Navigation, place: str) -> Iterator[Problem]:
    if message := misnamed(each.product):
        yield Problem(place, "InvalidName", message)
    if "/" in each.target:
        yield from identifier(each.entity_set or "", place)


def _keys(each: Navigation, place: str, draft: Draft) -> Iterator[Problem]:
    known = [column.name for column in draft.columns if column and _leads(column)]
    for number, key in enumerate(each.keys):
        there = f"{place}.keys[{number}]"
        if draft.columns_known and None not in draft.columns and key.left not in known:
            told = f"a left key of {each.name!r} is no column to navigate by"
            message = unknown(key.left, "such column", known)
            yield Problem(f"{there}.left", "UnknownColumn", f"{told}; {message}")
        if key in each.keys[:number]:
            yield Problem(there, "Duplicate", f"'{key.left} = {key.right}' is there twice")


def _leads(column: Column) -> bool:
    try:
        return not column.generated and leads(column.kind)
    except UnknownType:
        return True
