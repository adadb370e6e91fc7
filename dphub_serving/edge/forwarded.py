"""Where the service is for the client, as proxies in front of it say.

Only a proxy that is trusted is believed, and only as far back as the chain of trusted ones goes:
what lies behind it the client may have written itself.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dphub_serving.odata import headers

PREFIX = "prefix"
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*")
_PORT = re.compile(r"[0-9]{1,5}")
_SCHEMES = frozenset({"http", "https"})
_USUAL = {"http": "80", "https": "443"}
_NAMES = frozenset(
    {
        b"forwarded",
        *(b"x-forwarded-" + name for name in (b"for", b"proto", b"host", b"port", b"prefix")),
    }
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Hop:
    """What one proxy says of the request that it got."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None
    port: str | None = None
    prefix: str | None = None


class Forwarded:
    """Puts scheme, host, client and the prefix of the path right, before anything reads them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            settings = scope["app"].state.hub.settings
            state = scope.setdefault("state", {})
            state[PREFIX] = settings.root_path
            _strip(scope, settings.root_path)
            if any(name in _NAMES for name, _ in scope["headers"]):
                _apply(scope, state, trusted(settings.trusted_proxies))
        await self.app(scope, receive, send)


@cache
def trusted(text: str) -> tuple[Network, ...]:
    """Addresses and networks, joined by commas; `*` is everybody. Raises ValueError."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    everybody = ["0.0.0.0/0", "::/0"]
    return tuple(
        ipaddress.ip_network(network)
        for piece in pieces
        for network in (everybody if piece == "*" else [piece])
    )


def _strip(scope: MutableMapping[str, Any], root: str) -> None:
    """For a proxy that keeps the prefix in the path."""
    raw = root.encode()
    if root and scope["raw_path"].startswith(raw + b"/"):
        scope["raw_path"] = scope["raw_path"][len(raw) :]
        scope["path"] = scope["path"][len(root) :]


def _apply(
    scope: MutableMapping[str, Any], state: MutableMapping[str, Any], proxies: tuple[Network, ...]
) -> None:
    peer = (scope.get("client") or ("",))[0]
    if not _is_trusted(peer, proxies):
        return
    given = _joined(scope["headers"])
    hop = _standard(given, proxies) if "forwarded" in given else _usual(given, proxies)
    if hop.scheme:
        scope["scheme"] = hop.scheme
    if hop.prefix is not None:
        state[PREFIX] = hop.prefix
    if hop.client:
        scope["client"] = (hop.client, 0)
    host = _host(hop, given.get("host", ""), scope["scheme"])
    kept = [pair for pair in scope["headers"] if pair[0] != b"host"]
    scope["headers"] = [*kept, (b"host", host.encode("latin-1"))]


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A header that came twice is one list."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in _NAMES or name == b"host":
            key, text = name.decode("latin-1"), value.decode("latin-1")
            found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _standard(given: Mapping[str, str], proxies: tuple[Network, ...]) -> Hop:
    """`Forwarded` (RFC 7239): an element for each proxy, the nearest last."""
    elements = headers.elements(given["forwarded"])
    chain = [_address(each.get("for", "")) for each in elements]
    told = elements[_oldest(chain, proxies)] if elements else {}
    return _valid(told.get("for"), told.get("proto"), told.get("host"), None, None)


def _usual(given: Mapping[str, str], proxies: tuple[Network, ...]) -> Hop:
    """The `X-Forwarded-…` family: lists, or one value that the nearest proxy has set."""
    lists = {
        name: [piece.strip() for piece in given.get(f"x-forwarded-{name}", "").split(",")]
        for name in ("for", "proto", "host", "port", "prefix")
    }
    back = len(lists["for"]) - _oldest([_address(each) for each in lists["for"]], proxies)
    client, scheme, host, port, prefix = (
        values[max(0, len(values) - back)] or None for values in lists.values()
    )
    return _valid(client, scheme, host, port, prefix)


def _oldest(chain: list[str], proxies: tuple[Network, ...]) -> int:
    """The place of the first value that a trusted proxy has written: each one names whom it had the
    request from, and the nearest, whose value is the last, is trusted."""
    place = len(chain) - 1
    while place > 0 and _is_trusted(chain[place], proxies):
        place -= 1
    return max(place, 0)


def _valid(
    client: str | None, scheme: str | None, host: str | None, port: str | None, prefix: str | None
) -> Hop:
    """Without what cannot be: links are made of it."""
    scheme = scheme.lower() if scheme else None
    prefix = prefix.rstrip("/") if prefix else None
    return Hop(
        client=_address(client) or None if client else None,
        scheme=scheme if scheme in _SCHEMES else None,
        host=host if host and _HOST.fullmatch(host) else None,
        port=port if port and _PORT.fullmatch(port) else None,
        prefix=prefix if prefix is not None and _PREFIX.fullmatch(prefix) else None,
    )


def _host(hop: Hop, asked: str, scheme: str) -> str:
    host = hop.host or asked
    if hop.port is None:
        return host
    name = re.sub(r":[0-9]+$", "", host)
    return name if hop.port == _USUAL.get(scheme) else f"{name}:{hop.port}"


def _address(text: str) -> str:
    """Of `192.0.2.1:4711`, `[2001:db8::1]:4711` and the like."""
    text = text.strip().strip('"')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
