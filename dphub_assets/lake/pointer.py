"""The pointer: one small object per product that says which snapshot is current.

It is derived: written after the commit, and made again from the Delta log when it is lost. What
was accepted but never built has a pointer without a snapshot; a deleted one has none.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from dphub_k8s.api.noun import Noun
from dphub_k8s.api.snapshot import Identity

FOLDER = "pointers"


class Current(Noun):
    """A snapshot by its number and the id of its document."""

    sequence: int
    id: str


class Retained(Noun):
    """A superseded snapshot that page links may name until `until`."""

    sequence: int
    id: str
    until: AwareDatetime


class Pointer(Noun):
    """`route` is where the product answers; it says so before the first snapshot can."""

    format_version: Literal[1] = Field(default=1, alias="formatVersion")
    product: Identity
    route: str
    current: Current | None = None
    retained: tuple[Retained, ...] = ()

    @property
    def sequence(self) -> int:
        """-1 before the first snapshot."""
        return self.current.sequence if self.current else -1

    def advanced(
        self, current: Current, route: str, product: Identity, now: datetime, lifetime: timedelta
    ) -> "Pointer":
        """The pointer after a publish: what was current is retained while links to it live."""
        kept = [old for old in self.retained if old.until > now]
        if self.current and self.current != current:
            before = self.current
            kept.append(Retained(sequence=before.sequence, id=before.id, until=now + lifetime))
        return Pointer(product=product, route=route, current=current, retained=tuple(kept))


def object_name(product: str) -> str:
    return f"{FOLDER}/{product}.json"


def parse(data: bytes | None) -> Pointer | None:
    """None too for what is no pointer: it is derived, and made again."""
    try:
        return Pointer.model_validate_json(data) if data else None
    except ValidationError:
        return None


def dump(pointer: Pointer) -> bytes:
    return pointer.model_dump_json(exclude_none=True, by_alias=True).encode()
