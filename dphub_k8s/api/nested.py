"""How nested types are spelled: `list<T>` and `struct<name:T,...>`."""

import re
from collections.abc import Iterator

DEEPEST = 8
_OUTER = re.compile(r"\s*(\w+)\s*<(.*)>\s*", re.DOTALL)
_OPEN, _CLOSE = "<(", ">)"
LISTS = frozenset({"list", "array"})


def item_of(text: str) -> str | None:
    """The T of `list<T>`, or None for what is no list."""
    match = _OUTER.fullmatch(text)
    return match[2].strip() if match and match[1].lower() in LISTS else None


def fields_of(text: str) -> list[tuple[str, str]] | None:
    """Names and types of `struct<name:T,...>`, or None for what is no struct.

    A field without a colon has an empty type.
    """
    match = _OUTER.fullmatch(text)
    if not match or match[1].lower() != "struct":
        return None
    pairs = (part.partition(":") for part in _parts(match[2]))
    return [(name.strip(), kind.strip()) for name, _, kind in pairs]


def _parts(text: str) -> Iterator[str]:
    """What stands between commas, those inside of brackets aside."""
    depth = start = 0
    for place, char in enumerate(text):
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]
