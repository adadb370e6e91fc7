"""The requests and responses of a batch, in whatever format they come and go.

OData Protocol 4.01, section 11.7; JSON Format 4.01, section 19.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dphub_serving.odata.errors import ODataError, TooLarge

MAX_PARTS = 1_000
_NAMED = re.compile(r"\$(?P<id>[^/?]+)(?P<rest>.*)", re.DOTALL)
# Names that are resources, whatever part is called so.
_RESOURCES = frozenset({"metadata", "batch", "entity", "all"})
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """`reference` is the URL as it was written. `after` are ids of parts and names of groups that
    have to succeed first; of the parts of one `group` all succeed, or none does.

    `problem` is why the part cannot be asked at all.
    """

    id: str | None
    method: str = "GET"
    reference: str = ""
    headers: Headers = ()
    body: bytes = b""
    after: tuple[str, ...] = ()
    group: str | None = None
    problem: ODataError | None = None

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a part; the names of headers are in lower case."""

    part: Part
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def failed(self) -> bool:
        return self.status >= 400


def units(parts: Sequence[Part]) -> list[list[Part]]:
    """Those of one group together, the others alone."""
    found: list[list[Part]] = []
    for part in parts:
        if found and part.group is not None and found[-1][0].group == part.group:
            found[-1].append(part)
        else:
            found.append([part])
    return found


def resolved(parts: Iterable[Part]) -> Iterator[Part]:
    """With `$id…` replaced by what the part of that id, which came before, has asked for."""
    known: dict[str, str] = {}
    for part in parts:
        found = _NAMED.fullmatch(part.reference)
        if found and found["id"] in known:
            part = replace(part, reference=known[found["id"]] + found["rest"])
        if part.id is not None and part.id not in _RESOURCES:
            known[part.id] = part.reference.partition("?")[0]
        yield part


def check_number(parts: Sequence[object]) -> None:
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"a batch has at most {MAX_PARTS} parts")
