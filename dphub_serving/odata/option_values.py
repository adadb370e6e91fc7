"""The values of system query options: OData URL Conventions 4.01, section 5, and the ABNF."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dphub_serving.odata import parser
from dphub_serving.odata.errors import InvalidOption, InvalidSyntax, echo, quoting

MAX_NUMBER = 2**63 - 1
_NUMBER = re.compile(r"[0-9]{1,19}")
_PLACE = re.compile(r"-?[0-9]{1,18}")
_ANY = re.compile(r"[\s\S]+")
_FORMAT = re.compile(r"atom|json|xml|[^/\s]+/.+", re.IGNORECASE)
_LEVELS = re.compile(r"[0-9]+|max", re.IGNORECASE)
_VERSION = re.compile(r"\*|[\w.~-]+", re.ASCII)


def value(name: str, text: str) -> Any:
    """Of the option that is called so without its `$`, as `Options` has it."""
    with quoting(text):
        return _READERS[name](text)


def number(target: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not _NUMBER.fullmatch(text) or int(text) > MAX_NUMBER:
            wanted = f"a whole number from 0 to {MAX_NUMBER}"
            raise _invalid(wanted, text, target)
        return int(text)

    return read


def _index(text: str) -> int:
    if not _PLACE.fullmatch(text):
        raise _invalid("a whole number", text, "$index")
    return int(text)


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise _invalid("true or false", text, "$count")
    return text.lower() == "true"


def _like(shape: re.Pattern[str], wanted: str, target: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise _invalid(wanted, text, target)
        return text

    return read


def _unspaced(parse: Callable[[str, str], Any], target: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text[:1].isspace() and text.lstrip(" \t")[:1] not in {"[", "{"}:
            message = "a blank stands before the value"
            raise InvalidSyntax(message, target=target, at=0)
        return parse(text, target)

    return read


def _invalid(wanted: str, text: str, target: str) -> InvalidOption:
    return InvalidOption(f"expected {wanted}, found {echo(text)}", target=target, at=0)


def _select(text: str) -> Any:
    """Nothing may be selected, too: OpenUI5 asks so for what it expands alone."""
    return _unspaced(parser.select, "$select")(text) if text else ()


_READERS: Mapping[str, Callable[[str], Any]] = {
    "select": _select,
    "expand": _unspaced(parser.expand, "$expand"),
    "filter": _unspaced(parser.expression, "$filter"),
    "orderby": _unspaced(parser.orderby, "$orderby"),
    "compute": _unspaced(parser.compute, "$compute"),
    "apply": _unspaced(parser.apply, "$apply"),
    "search": parser.searched,
    "top": number("$top"),
    "skip": number("$skip"),
    "count": _boolean,
    "index": _index,
    "levels": _like(_LEVELS, "a whole number or max", "$levels"),
    "format": _like(_FORMAT, "atom, json, xml or a media type", "$format"),
    "schemaversion": _like(_VERSION, "a version or *", "$schemaversion"),
    "skiptoken": str,
    "deltatoken": _like(_ANY, "a token", "$deltatoken"),
    "id": _like(_ANY, "the id of an entity", "$id"),
}
