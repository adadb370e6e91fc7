"""The query options of a request: names in any spelling, values read by their own grammar.

OData URL Conventions 4.01, section 5.1: system query options are known with and without `$`, in any
case; the same one twice is an error; custom options begin with neither `$` nor `@`.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from dphub_serving.odata import option_values, parser, token
from dphub_serving.odata.ast import ComputeItem, Expr, OrderItem
from dphub_serving.odata.clauses import ExpandItem, SelectItem
from dphub_serving.odata.errors import (
    DuplicateOption,
    InvalidOption,
    NotFound,
    NotImplementedByService,
    UnknownOption,
    echo,
    quoting,
)
from dphub_serving.odata.parser import Written
from dphub_serving.odata.searches import Search
from dphub_serving.odata.token import SkipToken

SNAPSHOT = "snapshot"
SUPPORTED = frozenset(
    {
        *("select", "expand", "filter", "search", "compute", "orderby", "top", "skip", "count"),
        *("format", "skiptoken", "schemaversion", "id"),
    }
)
MISSING = frozenset({"apply", "deltatoken", "index", "levels"})
STANDARD = SUPPORTED | MISSING

_ALIAS = re.compile(r"@[^\W\d]\w*")
_PHRASE = re.compile(r"""("|%22)(?:(?!"|%22)[\s\S])*("|%22)""")
_TYPING = re.compile(r"(?:\s|%20|%09)*'[^']*(?:''[^']*)*'(?:\s|%20|%09)*")
_BARE = re.compile(r"(?:\A|[\s(]|%20|%09|%28)(')|(;)")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Options:
    """`pairs` is everything that was asked, decoded and in the order of the URL.

    `aliases` are by their names without `@`, `texts` are those of the system query options, by
    their names without `$`.
    `skip` is None beside no `$skip`; beside a skip token it is only what the link shows.
    `expanded` are those in the parentheses of `$expand`.
    """

    select: tuple[SelectItem, ...] | None = None
    expand: tuple[ExpandItem, ...] = ()
    filter: Written | None = None
    search: Search | None = None
    compute: tuple[ComputeItem, ...] = ()
    orderby: tuple[OrderItem, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool | None = None
    format: str | None = None
    skiptoken: SkipToken | None = None
    id: str | None = None
    snapshot: int | None = None
    aliases: Mapping[str, Written] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    pairs: Pairs = ()
    expanded: bool = False

    @property
    def given(self) -> frozenset[str]:
        """The names of the system query options, without `$`."""
        return frozenset(self.texts)


def read(pairs: Pairs, secret: bytes = b"") -> Options:
    """`secret` is what skip tokens are signed with."""
    texts = _system(pairs)
    found = {name: option_values.value(name, text) for name, text in texts.items()}
    _check_supported(found)
    _check_schema_version(found.get("schemaversion"))
    snapshot = _snapshot(pairs)
    return Options(
        select=found.get("select"),
        expand=found.get("expand", ()),
        filter=Written(texts["filter"], found["filter"]) if "filter" in found else None,
        search=found.get("search"),
        compute=found.get("compute", ()),
        orderby=found.get("orderby", ()),
        top=found.get("top"),
        skip=found.get("skip"),
        count=found.get("count"),
        format=found.get("format"),
        skiptoken=token.read(found["skiptoken"], secret) if "skiptoken" in found else None,
        id=found.get("id"),
        snapshot=None if snapshot is None else option_values.number(SNAPSHOT)(snapshot),
        aliases=_aliases(pairs),
        texts=texts,
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
        if name in found:
            raise DuplicateOption(f"${name}")
        found[name] = value
    return found


def _aliases(pairs: Pairs) -> dict[str, Written]:
    found: dict[str, Written] = {}
    for name, value in pairs:
        if not name.startswith("@"):
            continue
        if name[1:] in found:
            raise DuplicateOption(name)
        found[name[1:]] = Written(value, alias(name, value))
    return found


def alias(name: str, value: str) -> Expr:
    if not _ALIAS.fullmatch(name):
        raise InvalidOption(f"{echo(name)} is no name of a parameter alias", target=name)
    with quoting(value):
        return parser.expression(value, name)


def check_raw(name: str, value: str) -> None:
    """What has to be percent-encoded in a query, as far as it would mean something else."""
    if "#" in value:
        message = "a # begins the fragment of a URL and has to be written as %23"
        raise InvalidOption(message, target=name, at=value.index("#"))
    if name.removeprefix("$").lower() == "search":
        _check_words(name, value)


def _check_words(name: str, value: str) -> None:
    """Behind phrases, and unless the whole text is a quoted one that is still being typed."""
    if _TYPING.fullmatch(value.replace("%27", "'")):
        return
    found = _BARE.search(_PHRASE.sub(lambda phrase: "-" * len(phrase[0]), value))
    if found is None:
        return
    at = found.end() - 1
    if found[1]:
        message = "a ' before a word has to be written as %27"
        raise InvalidOption(message, target=name, at=at)
    message = "a ; in a word has to be written as %3B"
    raise InvalidOption(message, target=name, at=at)


def _snapshot(pairs: Pairs) -> str | None:
    values = [value for name, value in pairs if name == SNAPSHOT]
    if len(values) > 1:
        raise DuplicateOption(SNAPSHOT)
    return values[0] if values else None


def _check_supported(found: Container[str]) -> None:
    for name in sorted(MISSING):
        if name in found:
            raise NotImplementedByService(f"${name}", target=f"${name}")


def _check_schema_version(value: str | None) -> None:
    """Protocol 4.01, section 11.2.12: no version is published, so only the current one exists."""
    if value not in {None, "*"}:
        raise NotFound(f"there is no schema version {echo(str(value))}", target="$schemaversion")
