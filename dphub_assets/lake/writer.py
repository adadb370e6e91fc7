"""Changing the lake: accept, publish, retire. Every step leaves the old or the new state current.

A publish is: data files, then the document, then the Delta commit (the one atomic act), then the
pointer. What a process killed in between leaves behind is named by nothing and swept later; a
pointer that missed its commit is mended by `heal`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake.exceptions import DeltaError

from dphub_assets.lake import delta, layout, pointer
from dphub_assets.lake.errors import LakeError, NotAccepted, SnapshotGone, Superseded
from dphub_assets.lake.objects import Objects
from dphub_assets.lake.place import objects_at
from dphub_assets.lake.pointer import Current, Pointer
from dphub_assets.lake.reader import SNAPSHOT_TAG, TOMBSTONE_TAG, LakeReader, Snapshot
from dphub_k8s.api.keys import ORDINAL
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity, SnapshotDocument
from dphub_k8s.api.types import parse_type

LINK_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Staging:
    """A publish under way: the id of its document, and the Delta version that it began from."""

    id: str
    folder: Path
    expected: int | None


class Lake(LakeReader):
    """`link_lifetime` is how long a superseded snapshot stays readable."""

    def __init__(self, objects: Objects, link_lifetime: timedelta = LINK_LIFETIME) -> None:
        super().__init__(objects)
        self.link_lifetime = link_lifetime

    @classmethod
    def open_at(
        cls, place: str | Path, link_lifetime: timedelta = LINK_LIFETIME, work: Path | None = None
    ) -> "Lake":
        """`place` is a folder or a URL, `work` a local folder for what goes to a URL."""
        return cls(objects_at(place, work), link_lifetime)

    def accept(self, product: Identity, route: str) -> None:
        """From now on the product is expected: it has a pointer, with a snapshot or without."""

        def change(before: bytes | None) -> bytes:
            known = pointer.parse(before)
            if known is None or known.product.uid != product.uid:
                return pointer.dump(Pointer(product=product, route=route))
            if known.current is None:
                known = known.model_copy(update={"route": route, "product": product})
            return pointer.dump(known)

        if not self.begun():
            self.objects.write(layout.MARKER, b"")
        self.objects.update(pointer.object_name(product.name), change)

    @contextmanager
    def staging(self, name: str) -> Iterator[Staging]:
        """Take the table's version before anything is read, and a folder for what is to come."""
        expected = self.version(name)
        with self.objects.staging() as folder:
            yield Staging(layout.new_id(), folder, expected)

    def publish(
        self, staging: Staging, document: SnapshotDocument, files: Mapping[str, Path]
    ) -> Snapshot:
        """Make what was staged the current snapshot. `files` are local, by their name in the table.

        Raises Superseded, NotAccepted.
        """
        name = document.product.name
        self._still_wanted(document.product)
        for target, file in files.items():
            self.objects.adopt(file, f"{layout.table(name)}/{target}")
        self._write_document(document)
        columns = stored_columns(document.spec)
        table, tag = self._table(name), {SNAPSHOT_TAG: document.id}
        version = self._committed(
            document.id,
            name,
            staging.expected,
            lambda: delta.commit_files(table, staging.expected, columns, document.files, tag),
        )
        return self._advance(Snapshot(version, document))

    def republish(self, product: DataProduct, identity: Identity) -> Snapshot:
        """The current rows under a changed spec: a new snapshot over the same files.

        Raises NotAccepted when there is nothing to republish, Superseded.
        """
        expected, before = self.version(product.name), self.current(product.name)
        if before is None or expected is None:
            raise NotAccepted(f"{product.name} has no snapshot yet")
        last = next(self.commits(product.name), None)
        if last is None or last.version != before.sequence:
            raise Superseded(f"the pointer of {product.name} is behind its table")
        self._still_wanted(identity)
        update = {
            "id": layout.new_id(),
            "created": datetime.now(UTC),
            "product": identity,
            "spec": product,
        }
        document = before.document.model_copy(update=update)
        self._write_document(document)
        table, tag = self._table(product.name), {SNAPSHOT_TAG: document.id}
        version = self._committed(
            document.id,
            product.name,
            expected,
            lambda: delta.commit_metadata(table, expected, tag),
        )
        return self._advance(Snapshot(version, document))

    def retire(self, name: str, *, delete_data: bool = False) -> None:
        """The product is gone: a tombstone in the log, no pointer; its data stay unless told."""
        version, last = self.version(name), next(self.commits(name), None)
        if version is not None and not delete_data and last and last.snapshot:
            delta.commit_metadata(self._table(name), version, {TOMBSTONE_TAG: last.snapshot})
        self.objects.delete(pointer.object_name(name))
        if delete_data:
            self.objects.delete_tree(layout.table(name))

    def heal(self, name: str) -> bool:
        """Let the pointer say what the log says; whether it had to be mended.

        A commit whose process died before it could write the pointer is published all the same.
        """
        known = self.pointer(name)
        if known is None:
            return False
        last = next(self.commits(name), None)
        if last is None or last.snapshot is None or last.version <= known.sequence:
            return False
        found = self.open(known, Current(sequence=last.version, id=last.snapshot))
        if found.document.product.uid != known.product.uid:
            return False
        self._advance(found)
        return True

    def rebuild(self, name: str, now: datetime | None = None) -> Pointer | None:
        """The pointer again, from the Delta log alone; None where the log ends in a tombstone."""
        moment = now or datetime.now(UTC)
        made: Pointer | None = None
        for commit in reversed(list(self.commits(name))):
            if commit.snapshot is None:
                made = None
                continue
            current = Current(sequence=commit.version, id=commit.snapshot)
            try:
                found = self.open(_nobody(name), current).document
            except SnapshotGone:
                continue
            before = made or Pointer(product=found.product, route=found.spec.route)
            made = before.advanced(
                current, found.spec.route, found.product, commit.time, self.link_lifetime
            )
        if made is None:
            return None
        kept = tuple(old for old in made.retained if old.until > moment)
        made = made.model_copy(update={"retained": kept})
        self.objects.write(pointer.object_name(name), pointer.dump(made))
        return made

    def _table(self, name: str) -> delta.Table:
        return delta.Table(self.uri(name), self.objects.storage_options)

    def _committed(
        self, snapshot_id: str, name: str, expected: int | None, commit: Callable[[], int]
    ) -> int:
        """The version that `commit` made. A remote store may have made it although its answer got
        lost: then a second try meets the first, and the log says whose the version is."""
        try:
            return commit()
        except (LakeError, DeltaError, OSError):
            version = 0 if expected is None else expected + 1
            with suppress(FileNotFoundError):
                made = self._commit(name, version)
                if made and made.snapshot == snapshot_id:
                    return version
            raise

    def _still_wanted(self, product: Identity) -> None:
        known = self.pointer(product.name)
        if known is None:
            self.begun()
        if known is None or known.product.uid != product.uid:
            raise NotAccepted(f"{product.name} is not the product that this was built for")

    def _write_document(self, document: SnapshotDocument) -> None:
        name = layout.document(document.product.name, document.id)
        self.objects.write(name, json.dumps(document.dump()).encode())

    def _advance(self, snapshot: Snapshot) -> Snapshot:
        document = snapshot.document
        current = Current(sequence=snapshot.sequence, id=document.id)

        def change(before: bytes | None) -> bytes | None:
            known = pointer.parse(before)
            if known is None or known.sequence >= snapshot.sequence:
                return before
            advanced = known.advanced(
                current,
                document.spec.route,
                document.product,
                datetime.now(UTC),
                self.link_lifetime,
            )
            return pointer.dump(advanced)

        self.objects.update(pointer.object_name(snapshot.name), change)
        return snapshot


def stored_columns(product: DataProduct) -> list[delta.StoredColumn]:
    """The physical columns of the table: what is published and stored, and the ordinal."""
    columns = [
        delta.StoredColumn(column.name, column.kind) for column in product.spec.entity.physical
    ]
    if product.spec.entity.key.generated:
        columns.append(delta.StoredColumn(ORDINAL, parse_type("int")))
    return columns


def _nobody(name: str) -> Pointer:
    """A pointer that serves only to open documents by id."""
    return Pointer(product=Identity(name=name, uid="", generation=0), route=name)
