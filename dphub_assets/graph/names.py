"""Names that Dagster accepts, made from names that people chose.

Each function is injective: two different names never meet. The original text belongs into
descriptions and metadata.

    identifier   [A-Za-z0-9_]    `-` as `_`, `_` as `__`, anything else as `_x<hex>_`
    component    [A-Za-z0-9_.-]  kept as it is, anything else as `_x<hex>_`
"""

import hashlib
import re
from collections.abc import Iterable

from dphub_k8s.api.snapshot import RULE

SOURCES = "sources"
API = "_api"
TAG_LENGTH = 63
_WORD = re.compile(r"[A-Za-z0-9]")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")  # what Dagster takes for one


def identifier(text: str) -> str:
    """For groups, checks and operations: `smart-grid` becomes `smart_grid`."""
    out = ""
    for char in reversed(text):  # from the back: what follows a `-` decides how it is written
        if _WORD.fullmatch(char):
            out = char + out
        elif char == "_":
            out = "__" + out
        elif char == "-" and not out.startswith(("_", "x")):
            out = "_" + out
        else:
            out = _escape(char) + out
    return out or "_x_"


def component(text: str) -> str:
    """For one part of an asset key: `2024 sales.csv` becomes `2024_x20_sales.csv`."""
    out = ""
    for char in reversed(text):
        keep = _WORD.fullmatch(char) or char in ".-" or (char == "_" and not out.startswith("x"))
        out = (char if keep else _escape(char)) + out
    return out or "_x_"


def source_key(location: str) -> tuple[str, ...]:
    return (SOURCES, *map(component, location.split("/")))


def product_key(domain: str, name: str) -> tuple[str, str]:
    """Never a source's key, never an endpoint's."""
    first, last = component(domain), component(name)
    if first == SOURCES:
        first = _escape(first[0]) + first[1:]
    if last.endswith(API):
        last = last.removesuffix(API) + _escape(API[0]) + API[1:]
    return first, last


def endpoint_key(domain: str, name: str) -> tuple[str, str]:
    first, last = product_key(domain, name)
    return first, last + API


def operation(name: str) -> str:
    """Of a product, whose name is the only one of its kind in the hub."""
    return identifier(name)


def group(domain: str) -> str:
    return identifier(domain)


def check(text: str) -> str:
    """A built-in check keeps its name, which no rule can have; a rule's is made from its title."""
    title = text.removeprefix(RULE)
    return text if title == text else f"rule_{identifier(title)}"


def owner(text: str) -> str:
    """An address stays one; anything else is a team, with or without the prefix `team:`."""
    if _EMAIL.fullmatch(text):
        return text
    return f"team:{component(text.removeprefix('team:'))}"


def tags(texts: Iterable[str]) -> dict[str, str]:
    """Dagster tags are pairs; a product's tags are words: the word is the key."""
    return {tag(text): "" for text in texts}


def tag(text: str) -> str:
    name = component(text)
    if len(name) <= TAG_LENGTH:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    return f"{name[: TAG_LENGTH - 28]}_xd_{digest}"


def _escape(char: str) -> str:
    return f"_x{ord(char):x}_"
