"""Raw bytes of a URL -> Request, split before they are decoded.

OData URL Conventions 4.01, section 2: the path is split at `/` and the query at `&` and the first
`=` while both are still percent-encoded, so that an encoded slash stays inside its segment. In the
query a plus is a blank, as browsers and HTML forms write it.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from dphub_serving.odata import edm, options, parser
from dphub_serving.odata.ast import Key, KeySegment
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
    Collection,
    Count,
    Entity,
    Metadata,
    Part,
    QuickLook,
    ResourcePath,
    Service,
    ServiceDocument,
    Step,
    Way,
)

ROOT = "/odata"

_FIRST = re.compile(r"(?P<name>[^(@]*)(?:@(?P<snapshot>[0-9]{1,18}))?(?P<key>\(.*)?", re.DOTALL)
_SET = re.compile(r"(?P<name>[^(]*)(?P<key>\(.*)?", re.DOTALL)
_MISSING = frozenset(
    {
        "$all",
        "$batch",
        "$crossjoin",
        "$each",
        "$entity",
        "$filter",
        "$links",
        "$query",
        "$ref",
        "$root",
        "$value",
    }
)


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
) -> Request:
    """`hub_sets` are the names of the hub's entity sets that are not the route of a product.

    They have to be known here: in `/odata/a/b` the second segment is the name of a set if `a` is a
    product, and a key if it is a set of the hub.
    """
    segments = _segments(_bytes(raw_path), root)
    path = _resource(segments, hub_sets)
    if isinstance(path, Way):
        path = replace(path, segments=tuple(segments))
    request = Request(path, options.read(_pairs(_bytes(raw_query)), path))
    if len(set(request._pins())) > 1:
        if request.options.skiptoken:
            raise BadToken("it was made for another snapshot than the one asked")
        raise InvalidOption("the path and the option name two snapshots", target=options.SNAPSHOT)
    return request


def _bytes(raw: bytes | str) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode(errors="surrogatepass")


def _decode(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as problem:
        raise InvalidSyntax(
            "not UTF-8 after percent-decoding", target=echo(raw.decode("latin-1")), at=0
        ) from problem


def _segments(raw: bytes, root: str) -> list[str]:
    """The decoded segments behind the root; a trailing slash leaves an empty one at the end."""
    prefix = root.encode()
    if raw != prefix and not raw.startswith(prefix + b"/"):
        raise NotFound(f"{root} is where this service begins")
    rest = raw[len(prefix) :].removeprefix(b"/")
    if not rest:
        return []
    return [_decode(piece.encode("latin-1")) for piece in resource.split(rest.decode("latin-1"))]


def _pairs(raw: bytes) -> Pairs:
    found = []
    for piece in raw.split(b"&"):
        spelled, _, value = piece.replace(b"+", b" ").partition(b"=")
        if piece:
            name = _decode(spelled)
            options.check_raw(name, value.decode("latin-1"))
            found.append((name, _decode(value)))
    return tuple(found)


def _resource(segments: list[str], hub_sets: Container[str]) -> ResourcePath:
    match segments:
        case []:
            return ServiceDocument(Service())
        case ["$metadata"]:
            return Metadata(Service())
        case _:
            first, *rest = segments
            name, snapshot, key = _first(first)
            if name in hub_sets:
                return _in_set(Service(None, snapshot), name, key, rest)
            return _in_product(Service(name, snapshot), key, rest)


def _first(segment: str) -> tuple[str, int | None, Key | None]:
    _refuse_dollar(segment)
    match = _FIRST.fullmatch(segment)
    if match is None or not match["name"]:
        raise NotFound(f"there is no resource {echo(segment)}", target=segment)
    snapshot = match["snapshot"]
    return (
        match["name"],
        int(snapshot) if snapshot else None,
        _key(match["key"], segment),
    )


def _in_product(service: Service, key: Key | None, rest: list[str]) -> ResourcePath:
    if key is not None:
        return _behind_entity(Entity(service, None, key), rest)
    match rest:
        case []:
            return QuickLook(service)
        case [""]:
            return ServiceDocument(service)
        case ["$metadata"]:
            return Metadata(service)
        case ["$count"]:
            return Count(service, None)
        case _:
            second, *others = rest
            _refuse_dollar(second)
            match = _SET.fullmatch(second)
            if match is None or not edm.is_simple_identifier(match["name"]):
                raise NotFound(f"there is no entity set {echo(second)}", target=second)
            return _in_set(service, match["name"], _key(match["key"], second), others)


def _in_set(service: Service, name: str, key: Key | None, rest: list[str]) -> ResourcePath:
    if key is not None:
        return _behind_entity(Entity(service, name, key), rest)
    match rest:
        case [] | [""]:
            return Collection(service, name)
        case ["$count"]:
            return Count(service, name)
        case _:
            third, *others = rest
            _refuse_dollar(third)
            if not third:
                raise NotFound("there is no resource without a name", target=name)
            return _behind_entity(Entity(service, name, KeySegment(third)), others)


def _behind_entity(entity: Entity, rest: list[str]) -> ResourcePath:
    if rest in ([], [""]):
        return entity
    rest = rest if rest[-1] else rest[:-1]
    resource.follow(rest, "an entity")
    return _way(entity, rest)


_PARTS: dict[str, Part] = {"$count": "count", "$ref": "ref"}


def _way(entity: Entity, rest: list[str]) -> Way:
    """Whether these are navigation properties is the model's to say."""
    part: Part = _PARTS.get(rest[-1], "entities")
    names = rest if part == "entities" else rest[:-1]
    found = [_SET.fullmatch(each) for each in names]
    if not names or not all(each and edm.is_simple_identifier(each["name"]) for each in found):
        shown = echo("/".join(rest))
        raise NotImplementedByService(f"the property path {shown}", target=rest[0], at=0)
    steps = [Step(each["name"], _key(each["key"], each[0])) for each in found if each]
    return Way(entity, tuple(steps), part)


def _key(text: str | None, segment: str) -> Key | None:
    return None if text is None else parser.key(segment, len(segment) - len(text))


def _refuse_dollar(segment: str) -> None:
    """Names of the standard are 501, if what is in their parentheses can be read; others 404."""
    if not segment.startswith("$"):
        return
    name = segment.partition("(")[0]
    if name not in _MISSING:
        raise NotFound(f"there is no resource {echo(segment)}", target=segment)
    if segment != name:
        resource.step(segment)
    raise NotImplementedByService(name, target=segment, at=0)
