"""The requests and responses of a batch, in whatever format they come and go.

OData Protocol 4.01, section 11.7; JSON Format 4.01, section 19.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dphub_serving.odata.errors import ODataError, TooLarge

MAX_PARTS = 1_000
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


def check_number(parts: Sequence[object]) -> None:
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"a batch has at most {MAX_PARTS} parts")
