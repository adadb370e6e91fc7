"""Raw bytes of a URL -> Request, split before they are decoded.

OData URL Conventions 4.01, section 2: the path is split at `/` and the query at `&` and the first
`=` while both are still percent-encoded, so that an encoded slash stays inside its segment. In the
query a plus is a blank, as browsers and HTML forms write it.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from dphub_serving.odata import applicable, edm, options, parser
from dphub_serving.odata.errors import (
    BadToken,
    InvalidOption,
    InvalidSyntax,
    NotFound,
    NotImplementedByService,
    echo,
)
from dphub_serving.odata.grammar import resource
from dphub_serving.odata.options import Options, Pairs
from dphub_serving.odata.resources import (
    Address,
    Batch,
    EntityById,
    Metadata,
    ResourcePath,
    Service,
    ServiceDocument,
)

ROOT = "/odata"

_FIRST = re.compile(r"(?P<name>[^(@]*)(?:@(?P<snapshot>[0-9]{1,18}))?(?P<key>\(.*)?", re.DOTALL)
_SET = re.compile(r"(?P<name>[^(]*)(?P<key>\(.*)?", re.DOTALL)
_MISSING = frozenset({"$all", "$crossjoin", "$each", "$links", "$root"})


@dataclass(frozen=True, slots=True)
class Request:
    path: ResourcePath
    options: Options

    @property
    def snapshot(self) -> int | None:
        """The snapshot that the path, the option or the skip token pins; they never disagree."""
        return next(iter(self._pins()), None)

    @property
    def pins(self) -> dict[str, int]:
        """Snapshots of other products that the skip token pins, by product."""
        token = self.options.skiptoken
        return dict(token.pins) if token else {}

    def _pins(self) -> list[int]:
        token = self.options.skiptoken
        pins = (
            self.path.service.snapshot,
            self.options.snapshot,
            token.sequence if token else None,
        )
        return [pin for pin in pins if pin is not None]


def parse(
    raw_path: bytes | str,
    raw_query: bytes | str = b"",
    *,
    root: str = ROOT,
    hub_sets: Container[str] = (),
    secret: bytes = b"",
) -> Request:
    """`secret` is what skip tokens are signed with.

    `hub_sets` are the names of the hub's entity sets that are not the route of a product. They have
    to be known here: in `/odata/a/b` the second segment is the name of a set if `a` is a product,
    and stands behind a set of the hub otherwise.
    """
    segments = _segments(_bytes(raw_path), root)
    query = _bytes(raw_query)
    read = _kept if len(query) <= parser.LONGEST_KEPT else _options
    request = Request(_resource(segments, hub_sets), read(query, secret))
    if not isinstance(request.path, Address):
        applicable.check(request.options, request.path)
    if len(set(request._pins())) > 1:
        if request.options.skiptoken:
            raise BadToken("it was made for another snapshot than the one asked")
        raise InvalidOption("the path and the option name two snapshots", target=options.SNAPSHOT)
    return request


def _bytes(raw: bytes | str) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode(errors="surrogatepass")


def _decode(raw: bytes, target: str | None = None) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as problem:
        shown = echo(raw.decode("latin-1"))
        message = f"{shown} is not UTF-8 after percent-decoding"
        raise InvalidSyntax(message, target=target) from problem


def _segments(raw: bytes, root: str) -> list[str]:
    """The decoded segments behind the root; a trailing slash leaves an empty one at the end."""
    prefix = root.encode()
    if raw != prefix and not raw.startswith(prefix + b"/"):
        raise NotFound(f"{root} is where this service begins")
    rest = raw[len(prefix) :].removeprefix(b"/")
    if not rest:
        return []
    return [_decode(piece.encode("latin-1")) for piece in resource.split(rest.decode("latin-1"))]


def pairs(raw: bytes | str) -> Pairs:
    """The options of a query, or of the text that is posted in its place."""
    found = []
    for piece in _bytes(raw).split(b"&"):
        spelled, _, value = piece.replace(b"+", b" ").partition(b"=")
        if piece:
            name = _decode(spelled)
            options.check_raw(name, value.decode("latin-1"))
            found.append((name, _decode(value, name)))
    return tuple(found)


def _options(raw: bytes, secret: bytes) -> Options:
    return options.read(pairs(raw), secret)


@lru_cache(maxsize=parser.KEPT)
def _kept(raw: bytes, secret: bytes) -> Options:
    return _options(raw, secret)


def _resource(segments: list[str], hub_sets: Container[str]) -> ResourcePath:
    if not segments:
        return ServiceDocument(Service())
    if found := _of_service(Service(), segments):
        return found
    name, snapshot, key = _first(segments[0])
    if name in hub_sets:
        return _address(Service(None, snapshot), name, key, segments)
    return _in_product(Service(name, snapshot), key, segments)


def _of_service(service: Service, segments: list[str]) -> ResourcePath | None:
    """What every service has, whatever its model."""
    match segments:
        case ["$metadata"]:
            return Metadata(service)
        case ["$batch"]:
            return Batch(service)
        case ["$entity", *cast]:
            resource.read(segments)
            return EntityById(service, cast[0] if cast else None)
        case _:
            return None


def _first(segment: str) -> tuple[str, int | None, str]:
    """The name, the snapshot, and the key as a text."""
    _refuse_dollar(segment)
    match = _FIRST.fullmatch(segment)
    if match is None or not match["name"]:
        raise NotFound(f"there is no resource {echo(segment)}", target=segment)
    snapshot = match["snapshot"]
    return match["name"], int(snapshot) if snapshot else None, match["key"] or ""


def _in_product(service: Service, key: str, segments: list[str]) -> ResourcePath:
    rest = segments[1:]
    if key or not rest:
        return _address(service, None, key, segments)
    if rest == [""]:
        return ServiceDocument(service)
    if found := _of_service(service, rest):
        return found
    second = rest[0]
    if second in resource.LAST or second.startswith("$filter("):
        return _address(service, None, "", segments)
    _refuse_dollar(second)
    match = _SET.fullmatch(second)
    if match is None or not edm.is_simple_identifier(match["name"]):
        raise NotFound(f"there is no entity set {echo(second)}", target=second)
    return _address(service, match["name"], match["key"] or "", rest)


def _address(service: Service, name: str | None, key_text: str, found: list[str]) -> Address:
    """The first segment found ends with the text of the key."""
    first, *rest = found
    key = parser.key(first, len(first) - len(key_text)) if key_text else None
    segments = tuple(rest[:-1] if rest and not rest[-1] else rest)
    for each in segments:
        _refuse_dollar(each)
    if key is None and segments and segments[0] and segments[0][0] != "$":
        # It may be a key, which is any text.
        resource.follow(segments[1:], segments[0])
    else:
        resource.follow(segments, "a set")
    return Address(service, name, key, segments, key_text)


def _refuse_dollar(segment: str) -> None:
    """Names of the standard are 501, if what is in their parentheses can be read; others 404."""
    if not segment.startswith("$"):
        return
    name = segment.partition("(")[0]
    if name in _MISSING:
        if segment != name:
            resource.step(segment)
        raise NotImplementedByService(name, target=segment, at=0)
    if name not in resource.LAST | {"$filter"}:
        raise NotFound(f"there is no resource {echo(segment)}", target=segment)
