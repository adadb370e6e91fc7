"""What the directory store remembers: which documents each file holds, and who each product is.

`files` repeats what was read, so that an unchanged file is not read again; `products` is what no
file says: uid, generation and time of creation. What follows from both is worked out here.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from dphub_k8s.api.errors import Problem
from dphub_k8s.api.noun import Noun
from dphub_k8s.stores.files import Signature


class Claim(Noun):
    """A document that says it is the product `name` (no text: it says nothing)."""

    name: str
    version: str
    line: int


class File(Noun):
    """`claims` in the order of the text; with a `fault` they are those of the last good text."""

    signature: Signature
    claims: tuple[Claim, ...] = ()
    fault: Problem | None = None


class Row(Noun):
    uid: str
    generation: int
    version: str
    created: datetime
    file: str


class Index(Noun):
    """`folder` is where the files are; no text before there were any products."""

    format_version: Literal[1] = Field(default=1, alias="formatVersion")
    folder: str = ""
    files: dict[str, File] = Field(default_factory=dict)
    products: dict[str, Row] = Field(default_factory=dict)


Owners = Mapping[str, tuple[str, Claim]]


def owners(files: Mapping[str, File], products: Mapping[str, Row]) -> Owners:
    """The one document of every name: in the file that had it before, or else the first."""
    found: dict[str, tuple[str, Claim]] = {}
    for path in sorted(files):
        for claim in files[path].claims:
            row, other = products.get(claim.name), found.get(claim.name)
            if other is None or (row is not None and row.file == path != other[0]):
                found[claim.name] = (path, claim)
    found.pop("", None)
    return found


def rows(owned: Owners, products: Mapping[str, Row], now: datetime) -> dict[str, Row]:
    """Who the products are now, from who they were."""
    return {
        name: _row(products.get(name), path, claim.version, now)
        for name, (path, claim) in owned.items()
    }


def _row(old: Row | None, path: str, version: str, now: datetime) -> Row:
    if old is None:
        return Row(uid=uuid.uuid4().hex, generation=1, version=version, created=now, file=path)
    if (old.version, old.file) == (version, path):
        return old
    generation = old.generation + (old.version != version)
    return old.model_copy(update={"generation": generation, "version": version, "file": path})


def faults(folder: str, files: Mapping[str, File], owned: Owners) -> Iterator[Problem]:
    """What stands in the files and is no product."""
    owning = {path for path, _ in owned.values()}
    for path, file in sorted(files.items()):
        if file.fault and path not in owning:
            yield file.fault
        for claim in file.claims:
            place = f"{folder}/{path}:{claim.line}"
            if not claim.name:
                yield Problem(place, "NoName", "metadata.name is missing: a product needs a name")
            elif owned[claim.name] != (path, claim):
                first, kept = owned[claim.name]
                yield Problem(
                    place,
                    "NameTaken",
                    f"{claim.name!r} is the product in {folder}/{first}:{kept.line}, "
                    "which was there first; rename or remove this one",
                )
