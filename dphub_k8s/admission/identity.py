"""Who a product is and where it answers: name, domain, path, and whether another was first."""

import re
from collections.abc import Iterator

from dphub_k8s.admission.draft import Context, Draft, Neighbour, at, text, within
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.noun import LONGEST_PRODUCT
from dphub_k8s.api.policies import PROTOCOLS, RESERVED, SEGMENT, VERSION

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def neighbour(document: object, origin: str) -> Neighbour | None:
    """What `document` occupies, whether it is admitted or not; None when it has no name."""
    named = text(document, "metadata", "name")
    if named is None:
        return None
    route = (text(document, "spec", "api", "path") or named).strip("/")
    sources = within(document, "spec", "backend", "sources").values()
    reads = [read for source in sources if (read := text(source, "product")) is not None]
    return Neighbour(named, route, origin, tuple(dict.fromkeys(reads)))


def name(draft: Draft, _: Context) -> Iterator[Problem]:
    if draft.name is not None and (message := misnamed(draft.name)):
        yield Problem(at("metadata", "name"), "InvalidName", message)


def misnamed(found: str) -> str | None:
    """What is wrong with the name of a product."""
    if LABEL.fullmatch(found) and len(found) <= LONGEST_PRODUCT:
        return None
    better = re.sub("[^a-z0-9]+", "-", found.lower())[:LONGEST_PRODUCT].strip("-")
    return (
        f"{found!r} is no name: lower-case letters, digits and '-' between them, at most "
        f"{LONGEST_PRODUCT}{_such_as(better)}"
    )


def domain(draft: Draft, _: Context) -> Iterator[Problem]:
    found, place = draft.text("spec", "domain"), at("spec", "domain")
    if found is None:
        return
    if _is_reserved(found):
        yield Problem(place, "Reserved", f"{found!r} is a name that the service uses itself")
    elif not found.strip() or "/" in found:
        yield Problem(place, "InvalidName", f"{found!r} is no domain: a text without '/'")


def path(draft: Draft, _: Context) -> Iterator[Problem]:
    found = draft.text("spec", "api", "path")
    if found is None:
        if draft.name and _is_reserved(draft.name):
            message = f"{draft.name!r} is a path that the service uses itself; give an api.path"
            yield Problem(at("metadata", "name"), "Reserved", message)
        return
    place = at("spec", "api", "path")
    if not re.fullmatch(SEGMENT, found):
        better = re.sub("[^A-Za-z0-9._~-]+", "-", found).strip("-._~")
        yield Problem(
            place,
            "InvalidPath",
            f"{found!r} is no path: '/' and one segment of letters, digits, '-', '_', '.' and '~'"
            f"{_such_as('/' + better if better else '')}",
        )
    elif _is_reserved(found[1:]):
        yield Problem(place, "Reserved", f"{found!r} is a path that the service uses itself")


def taken(draft: Draft, context: Context) -> Iterator[Problem]:
    """Whoever was first keeps a name or a path."""
    me = neighbour(draft.document, context.origin)
    found = {claim: context.taken.get(claim) for claim in me.claims} if me else {}
    for claim, other in found.items():
        if other is None or me is None:
            continue
        if other.name == me.name:
            message = f"{me.name!r} is the name of another product already, in {other.origin}"
            yield Problem(at("metadata", "name"), "NameTaken", message)
            return
        own = draft.text("spec", "api", "path") is not None and claim.endswith(f" {me.route}")
        yield Problem(
            at("spec", "api", "path") if own else at("metadata", "name"),
            "PathConflict",
            f"'/{claim.removeprefix('path ')}' belongs to the product {other.name!r} "
            f"({other.origin}), which was there first",
        )


def protocol(draft: Draft, _: Context) -> Iterator[Problem]:
    if draft.api and draft.api.protocol not in PROTOCOLS:
        message = unknown(draft.api.protocol, "protocol", PROTOCOLS)
        yield Problem(at("spec", "api", "protocol"), "UnknownProtocol", message)


def _is_reserved(segment: str) -> bool:
    return segment.lower() in RESERVED or re.fullmatch(VERSION, segment.lower()) is not None


def _such_as(better: str) -> str:
    return f"; such as {better!r}" if better else ""
