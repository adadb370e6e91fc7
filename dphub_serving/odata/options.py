"""The query options of a request: names in any spelling, values read by their own grammar.

OData URL Conventions 4.01, section 5.1: system query options are known with and without `$`, in any
case; the same one twice is an error; custom options begin with neither `$` nor `@`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from dphub_serving.odata import parser, token
from dphub_serving.odata.ast import Expr, OrderItem, SelectItem
from dphub_serving.odata.errors import (
    DuplicateOption,
    InvalidOption,
    InvalidSyntax,
    NotFound,
    NotImplementedByService,
    UnknownOption,
    echo,
    quoting,
)
from dphub_serving.odata.resources import (
    Collection,
    Count,
    Entity,
    Metadata,
    QuickLook,
    ResourcePath,
    ServiceDocument,
)
from dphub_serving.odata.token import SkipToken

SNAPSHOT = "snapshot"
SUPPORTED = frozenset(
    {
        *("select", "filter", "orderby", "top", "skip", "count"),
        *("format", "skiptoken", "schemaversion"),
    }
)
MISSING = frozenset({"search", "compute", "apply", "expand", "deltatoken", "id", "index", "levels"})
STANDARD = SUPPORTED | MISSING

# OData URL Conventions 4.01, section 5.1: which options a kind of resource has. The standard's
# /$count ignores paging and order instead of refusing them.
_EVERYWHERE = frozenset({"format", "schemaversion"})
_PAGED = frozenset({"top", "skip", "orderby"})
APPLICABLE: dict[type[ResourcePath], frozenset[str]] = {
    ServiceDocument: _EVERYWHERE,
    Metadata: _EVERYWHERE,
    QuickLook: SUPPORTED,
    Collection: SUPPORTED,
    Entity: _EVERYWHERE | {"select"},
    Count: _PAGED | {"filter", "schemaversion"},
}

MAX_NUMBER = 2**63 - 1
_ALIAS = re.compile(r"@[^\W\d]\w*")

Pairs = tuple[tuple[str, str], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    text: str
    tree: Expr


@dataclass(frozen=True, slots=True)
class Options:
    """`pairs` is everything that was asked, decoded and in the order of the URL.

    `aliases` are texts: what they say is read where they are named.
    `skip` is None beside no `$skip`; beside a skip token it is only what the link shows.
    """

    select: tuple[SelectItem, ...] | None = None
    filter: Filter | None = None
    orderby: tuple[OrderItem, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool | None = None
    format: str | None = None
    skiptoken: SkipToken | None = None
    snapshot: int | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    pairs: Pairs = ()


def read(pairs: Pairs, path: ResourcePath) -> Options:
    found = _system(pairs)
    _check_applicable(found, path)
    _check_schema_version(found.get("schemaversion"))
    return Options(
        select=_read(found, "select", parser.select),
        filter=_read(found, "filter", _filter),
        orderby=_read(found, "orderby", parser.orderby) or (),
        top=_read(found, "top", _number("$top")),
        skip=_read(found, "skip", _number("$skip")),
        count=_read(found, "count", _boolean),
        format=found.get("format"),
        skiptoken=_read(found, "skiptoken", token.read),
        snapshot=_read(_snapshot(pairs), SNAPSHOT, _number(SNAPSHOT)),
        aliases=_aliases(pairs),
        pairs=pairs,
    )


def system_name(name: str) -> str | None:
    """The standard's name without `$`, or None for a custom option or a parameter alias."""
    bare = name.removeprefix("$").lower()
    if bare in STANDARD:
        return bare
    if name.startswith("$"):
        raise UnknownOption(name, sorted(f"${known}" for known in STANDARD))
    return None


def _system(pairs: Pairs) -> dict[str, str]:
    found: dict[str, str] = {}
    for spelled, value in pairs:
        name = system_name(spelled)
        if name is None:
            continue
        if name in MISSING:
            raise NotImplementedByService(f"${name}", target=f"${name}")
        if name in found:
            raise DuplicateOption(f"${name}")
        found[name] = value
    return found


def _aliases(pairs: Pairs) -> dict[str, str]:
    """By their names without `@`."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if not name.startswith("@"):
            continue
        if not _ALIAS.fullmatch(name):
            raise InvalidOption(f"{echo(name)} is no name of a parameter alias", target=name)
        if name[1:] in found:
            raise DuplicateOption(name)
        found[name[1:]] = value
    return found


def _snapshot(pairs: Pairs) -> dict[str, str]:
    values = [value for name, value in pairs if name == SNAPSHOT]
    if len(values) > 1:
        raise DuplicateOption(SNAPSHOT)
    return dict.fromkeys([SNAPSHOT], values[0]) if values else {}


def _check_applicable(found: Mapping[str, str], path: ResourcePath) -> None:
    for name in found:
        if name not in APPLICABLE[type(path)]:
            raise InvalidOption(f"${name} has no meaning for this resource", target=f"${name}")


def _check_schema_version(value: str | None) -> None:
    """Protocol 4.01, section 11.2.12: no version is published, so only the current one exists."""
    if value not in {None, "*"}:
        raise NotFound(f"there is no schema version {echo(str(value))}", target="$schemaversion")


def _read(found: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T | None:
    text = found.get(name)
    if text is None:
        return None
    with quoting(text):
        return parse(text)


def _number(target: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER))
        if not digits or int(text) > MAX_NUMBER:
            raise InvalidOption(
                f"expected a whole number from 0 to {MAX_NUMBER}, found {echo(text)}",
                target=target,
                at=0,
            )
        return int(text)

    return parse


def _filter(text: str) -> Filter:
    if text[:1].isspace():
        raise InvalidSyntax("expected an expression, found a blank", target="$filter", at=0)
    return Filter(text, parser.expression(text, "$filter"))


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise InvalidOption(f"expected true or false, found {echo(text)}", target="$count", at=0)
    return text.lower() == "true"
