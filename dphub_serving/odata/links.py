"""The URLs that a response carries: context, next link, and the entries of a service document.

`base` is where `/odata` is for the client: `https://host/odata`, or a relative form by setting.
"""

from urllib.parse import quote

from dphub_serving.odata.edm import Service as EdmService
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.options import system_name
from dphub_serving.odata.resources import (
    Collection,
    QuickLook,
    Service,
    Way,
)
from dphub_serving.odata.token import SkipToken, write
from dphub_serving.odata.url import Request

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


def service_document(root: str, service: EdmService, form: Format) -> dict[str, object]:
    """JSON Format 4.01, section 5."""
    entries = [
        {"name": each.name, "kind": "EntitySet", "url": quote(each.name)} for each in service.sets
    ]
    known = {} if form.level == "none" else {form.control("context"): f"{root}$metadata"}
    return {**known, "value": entries}


def location(base: str, path: QuickLook | Collection | Way) -> str:
    """The address of a collection, as it was asked for."""
    match path:
        case Way():
            return "/".join([base, *(quote(each, safe="$()',@=") for each in path.segments)])
        case QuickLook(Service(product, snapshot)):
            return f"{base}/{_segment(product or '', snapshot)}"
        case Collection(Service(None, snapshot), name):
            return f"{base}/{_segment(name, snapshot)}"
        case Collection(service, name):
            return f"{root(base, service)}{quote(name, safe='')}"


def next_link(base: str, request: Request, token: SkipToken, *, page: int, rows: int) -> str:
    """The address of the page behind the one of which `rows` rows, of at most `page`, were sent.

    It keeps the visible form `$skip=…&$top=…`; the skip token beside it is what counts. Every other
    option is kept as it was asked.
    """
    path = request.path
    assert isinstance(path, QuickLook | Collection | Way), "only collections have pages"
    kept = [pair for pair in request.options.pairs if system_name(pair[0]) not in _REPLACED]
    size = page if token.remaining is None else min(page, token.remaining)
    shown = [
        ("$skip", str((request.options.skip or 0) + rows)),
        ("$top", str(size)),
        ("$skiptoken", write(token)),
    ]
    return _with_options(location(base, path), kept + shown)


def further(place: str, options: list[tuple[str, str]], token: SkipToken) -> str:
    """The address of more of what a row brings along."""
    return _with_options(place, [*options, ("$skiptoken", write(token))])


def _with_options(place: str, options: list[tuple[str, str]]) -> str:
    query = "&".join(
        f"{quote(name, safe='$@')}={quote(value, safe=',')}" for name, value in options
    )
    return f"{place}?{query}"


def _segment(name: str, snapshot: int | None) -> str:
    return quote(name, safe="") + ("" if snapshot is None else f"@{snapshot}")
