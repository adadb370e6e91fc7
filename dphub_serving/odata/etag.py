"""Entity tags that are known before any data is read, and the conditions that name them.

Weak on purpose: OData Protocol 4.01, section 8.3.1, wants tags that do not depend on how the
representation is encoded. They are compared weakly (RFC 9110, section 8.8.3.2).
"""

import re
from collections.abc import Hashable
from hashlib import blake2b

from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.options import system_name
from dphub_serving.odata.url import Request

_DIGEST_BYTES = 12
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag(product: str, sequence: int, request: Request, form: Format, *others: Hashable) -> str:
    """`others` is what else shapes the response: the preferences followed, the caller's policy."""
    return _weak(product, sequence, _canonical(request), form, *others)


def of_entity(known: str, sequence: int, request: Request, form: Format, *others: Hashable) -> str:
    """Of a part of a batch, which no cache keeps: the same whatever `$select`, `$expand` and
    `$compute` ask. OpenUI5 takes the tag beside an entity for the entity's, and another one for a
    change. `known` is all that they may ask for."""
    aliases = tuple((name, each.text) for name, each in request.options.aliases.items())
    return _weak(known, sequence, request.path, aliases, form, *others)


def _weak(*content: Hashable) -> str:
    return f'W/"{blake2b(repr(content).encode(), digest_size=_DIGEST_BYTES).hexdigest()}"'


def names(condition: str | None, tag: str) -> bool:
    """Whether a list of tags has this one."""
    return condition is not None and _opaque(tag) & _opaque(condition) != set()


def matches(condition: str | None, tag: str) -> bool:
    """The same, or `*` for any state."""
    return names(condition, tag) or (condition or "").strip() == "*"


def _opaque(text: str) -> set[str]:
    return set(_TAG.findall(text))


def _canonical(request: Request) -> object:
    """The same for every spelling and order of the options; custom options count as they stand."""
    pairs = [(system_name(name) or f"?{name}", value) for name, value in request.options.pairs]
    return request.path, sorted(pairs)
