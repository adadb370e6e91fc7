"""Reading the lake: which products there are, and their snapshots. Needs no Delta library."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from dphub_assets.lake import layout
from dphub_assets.lake.errors import Corrupt, NoSnapshot, SnapshotGone, Unavailable
from dphub_assets.lake.objects import Objects, Stamp
from dphub_assets.lake.place import COPIES_BYTES, objects_at
from dphub_assets.lake.pointer import FOLDER, Current, Pointer, object_name
from dphub_k8s.api.snapshot import DataFile, SnapshotDocument


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state: its number, and the document that says everything else."""

    sequence: int
    document: SnapshotDocument

    @property
    def name(self) -> str:
        return self.document.product.name


SNAPSHOT_TAG = "dphub.snapshot"
TOMBSTONE_TAG = "dphub.tombstone"


@dataclass(frozen=True, slots=True)
class Commit:
    """One version that the hub committed; `snapshot` is the document's id, None for a tombstone."""

    version: int
    snapshot: str | None
    time: datetime


class LakeReader:
    """Pointers are read again only when the listing says that they changed.

    `faults` has what the last listing found unreadable, by product: it is left out, not the others.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._pointers: dict[str, tuple[Stamp, Pointer]] = {}
        self.faults: dict[str, str] = {}
        self._begun = False

    @classmethod
    def at(
        cls, place: str | Path, copies: Path | None = None, limit: int = COPIES_BYTES
    ) -> "LakeReader":
        """`place` is a folder or a URL; files of a URL are copied to `copies`, see `objects_at`."""
        return cls(objects_at(place, copies=copies, limit=limit))

    def begun(self) -> bool:
        """Whether there is a lake yet. Raises Unavailable where this reader has seen one before: a
        folder that is not mounted is no empty lake."""
        try:
            self.objects.read(layout.MARKER)
        except FileNotFoundError:
            if self._begun:
                raise Unavailable(f"the lake is gone, {self.marker} with it") from None
            return False
        self._begun = True
        return True

    def pointers(self) -> dict[str, Pointer]:
        """Every product that is accepted or published, by name. Raises Unavailable."""
        known, found, faults = self._pointers, {}, {}
        listed = self.objects.list(FOLDER)
        if not listed or not self._begun:
            self.begun()
        for file, stamp in listed.items():
            name = file.removesuffix(".json")
            cached = known.get(name)
            if cached and cached[0] == stamp:
                found[name] = cached
                continue
            try:
                if pointer := self.pointer(name):
                    found[name] = (stamp, pointer)
            except Corrupt as error:
                faults[name] = str(error)
        self._pointers, self.faults = found, faults
        return {name: pointer for name, (_, pointer) in found.items()}

    def pointer(self, name: str) -> Pointer | None:
        """Raises Corrupt."""
        try:
            return Pointer.model_validate_json(self.objects.read(object_name(name)))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise Corrupt(f"{object_name(name)}: {error}") from error

    def current(self, name: str) -> Snapshot | None:
        pointer = self.pointer(name)
        return self.open(pointer, pointer.current) if pointer and pointer.current else None

    def at_sequence(self, pointer: Pointer, sequence: int, now: datetime | None = None) -> Snapshot:
        """The snapshot of this number, as long as links to it may live.

        Raises NoSnapshot, SnapshotGone.
        """
        if pointer.current and pointer.current.sequence == sequence:
            return self.open(pointer, pointer.current)
        moment = now or datetime.now(UTC)
        for old in pointer.retained:
            if old.sequence == sequence and old.until > moment:
                return self.open(pointer, Current(sequence=sequence, id=old.id))
        name = pointer.product.name
        if 0 <= sequence < pointer.sequence:
            raise SnapshotGone(f"snapshot {sequence} of {name} is no longer kept")
        raise NoSnapshot(f"{name} has no snapshot {sequence}")

    def open(self, pointer: Pointer, current: Current) -> Snapshot:
        """Raises SnapshotGone when the document has been swept, Unavailable when the whole lake has
        gone, Corrupt when the document makes no sense."""
        name = layout.document(pointer.product.name, current.id)
        try:
            document = SnapshotDocument.model_validate_json(self.objects.read(name))
        except FileNotFoundError as error:
            self.begun()
            raise SnapshotGone(f"{name} is no longer kept") from error
        except ValidationError as error:
            raise Corrupt(f"{name}: {error}") from error
        return Snapshot(current.sequence, document)

    def local(self, snapshot: Snapshot, file: DataFile) -> Path:
        """A file of the snapshot that DuckDB can open. Raises FileNotFoundError, Corrupt."""
        return self.objects.local(f"{layout.table(snapshot.name)}/{file.path}", file)

    def uri(self, name: str) -> str:
        """Where any Delta reader finds the product's table."""
        return self.objects.uri(layout.table(name))

    def commits(self, name: str) -> Iterator[Commit]:
        """What the Delta log says of snapshots and deletions, newest first. Raises Corrupt."""
        for version in sorted(self._versions(name), reverse=True):
            if commit := self._commit(name, version):
                yield commit

    def version(self, name: str) -> int | None:
        """The table's newest Delta version; None where there is no table."""
        return max(self._versions(name), default=None)

    @property
    def marker(self) -> str:
        """Where the object is that says: this is a lake."""
        return self.objects.uri(layout.MARKER)

    def _versions(self, name: str) -> list[int]:
        files = self.objects.list(layout.log(name))
        return [version for file in files if (version := layout.version_of(file)) is not None]

    def _commit(self, name: str, version: int) -> Commit | None:
        """Raises Corrupt."""
        file = f"{layout.log(name)}/{version:020d}.json"
        text = self.objects.read(file)
        try:
            return _read_commit(version, text)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Corrupt(f"{file} is no commit: {error}") from error


def _read_commit(version: int, text: bytes) -> Commit | None:
    for line in text.splitlines():
        info = json.loads(line).get("commitInfo")
        if info and (SNAPSHOT_TAG in info or TOMBSTONE_TAG in info):
            moment = datetime.fromtimestamp(info["timestamp"] / 1000, UTC)
            return Commit(version, info.get(SNAPSHOT_TAG), moment)
    return None
