"""The URLs that a response carries: context, next link, and the entries of a service document.

`base` is where `/odata` is for the client: `https://host/odata`, or a relative form by setting.
"""

from base64 import urlsafe_b64encode
from datetime import datetime
from urllib.parse import quote

from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.edm import Service as EdmService
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.options import system_name
from dphub_serving.odata.resources import Address, Member, Service
from dphub_serving.odata.token import SkipToken, write
from dphub_serving.odata.url import Request
from dphub_serving.odata.values import Value

_REPLACED = frozenset({"top", "skip", "skiptoken"})


def root(base: str, service: Service) -> str:
    """The service root, with its slash."""
    if service.product is None:
        return f"{base}/"
    return f"{base}/{_segment(service.product, service.snapshot)}/"


def context(
    root: str,
    entity_set: str,
    selected: tuple[str, ...] | None = None,
    *,
    entity: bool = False,
) -> str:
    """JSON Format 4.01, section 10; the fragment is never percent-encoded."""
    projection = "" if selected is None else f"({','.join(selected)})"
    return f"{root}$metadata#{entity_set}{projection}{'/$entity' if entity else ''}"


def references(root: str) -> str:
    """The context of a collection of ids."""
    return f"{root}$metadata#Collection($ref)"


def reference(root: str) -> str:
    return f"{root}$metadata#$ref"


def member(root: str, entity: str, member: Member) -> str:
    return f"{root}$metadata#{entity}/{'/'.join(map(str, member.steps))}"


def key(entity_type: EntityType, values: tuple[Value, ...]) -> str:
    """The canonical form of a key, as a fragment has it: nothing in it is percent-encoded."""
    literals = [
        _literal(value, prop.type.edm)
        for value, prop in zip(values, entity_type.key_properties, strict=True)
    ]
    if len(literals) == 1:
        return f"({literals[0]})"
    pairs = zip(entity_type.key, literals, strict=True)
    return f"({','.join(f'{name}={literal}' for name, literal in pairs)})"


def _literal(value: Value, edm: str) -> str:
    match value:
        case str() if edm == "Edm.String":
            return "'" + value.replace("'", "''") + "'"
        case bytes():
            return f"binary'{urlsafe_b64encode(value).decode()}'"
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat().removesuffix("+00:00") + "Z"
        case _:
            return str(value)


def service_document(root: str, service: EdmService, form: Format) -> dict[str, object]:
    """JSON Format 4.01, section 5."""
    entries = [
        {"name": each.name, "kind": "EntitySet", "url": quote(each.name)} for each in service.sets
    ]
    known = {} if form.level == "none" else {form.control("context"): f"{root}$metadata"}
    return {**known, "value": entries}


def location(base: str, path: Address) -> str:
    """The address of a collection, as it was asked for."""
    service, name = path.service, path.entity_set
    key, *behind = [quote(each, safe="$()',@=") for each in (path.key_text, *path.segments)]
    if name is None:
        first = _segment(service.product or "", service.snapshot)
    elif service.product is None:
        first = _segment(name, service.snapshot)
    else:
        first = f"{_segment(service.product, service.snapshot)}/{quote(name, safe='')}"
    return "/".join([base, first + key, *behind])


def next_link(
    base: str, request: Request, token: SkipToken, *, page: int, rows: int, secret: bytes = b""
) -> str:
    """The address of the page behind the one of which `rows` rows, of at most `page`, were sent.

    It keeps the visible form `$skip=…&$top=…`; the skip token beside it is what counts. Every other
    option is kept as it was asked.
    """
    path = request.path
    assert isinstance(path, Address), "only collections have pages"
    kept = [pair for pair in request.options.pairs if system_name(pair[0]) not in _REPLACED]
    size = page if token.remaining is None else min(page, token.remaining)
    shown = [
        ("$skip", str((request.options.skip or 0) + rows)),
        ("$top", str(size)),
        ("$skiptoken", write(token, secret)),
    ]
    return _with_options(location(base, path), kept + shown)


def further(
    place: str, options: list[tuple[str, str]], token: SkipToken, secret: bytes = b""
) -> str:
    """The address of more of what a row brings along."""
    return _with_options(place, [*options, ("$skiptoken", write(token, secret))])


def _with_options(place: str, options: list[tuple[str, str]]) -> str:
    query = "&".join(
        f"{quote(name, safe='$@')}={quote(value, safe=',')}" for name, value in options
    )
    return f"{place}?{query}"


def _segment(name: str, snapshot: int | None) -> str:
    return quote(name, safe="") + ("" if snapshot is None else f"@{snapshot}")
