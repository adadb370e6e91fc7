"""Products as files in a folder that people edit.

Every `*.yaml`, `*.yml` and `*.json` below the folder is read, in subfolders too; hidden names and
those beginning with `#` are not. The files belong to their authors: only create, replace and delete
write there. What the hub itself must remember lives in the state folder.

an edit by hand     the version (digest of the document) changes, the generation counts one more;
                    comments, layout and the order of fields are no edit
several documents   each is a product; replace and delete leave the others' text as it is
a broken file       (not YAML, or emptied) keeps the products that it held when it was last good,
                    each with `fault`, also after a restart: it never looks like a deletion.
                    `replace` and `delete` refuse to touch it, but a file with one product goes
one name twice      the file that had the name first keeps it, the other document is a fault; it
                    takes over, as the same product, once the first is gone
a file is moved     the product keeps its uid, and so does a document moved to another file
a file is deleted   so is its product, with what was remembered of it: put back, it is a new one
a file being saved  is read when it has kept still for 50 ms; a file gone is looked for twice
the folder is gone  StoreError, and nothing is forgotten
another folder      StoreError: state and products belong together

State folder: `index.json` (uid, generation, place; replaced whole and with fsync), `documents/`
(every document as it was last read, named by its version), `status/` (one file for each uid) and
`lock`. Any number of threads and processes may use the same folders.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dphub_k8s import documents
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.product import digest
from dphub_k8s.api.status import Status
from dphub_k8s.documents import Unreadable, Written
from dphub_k8s.stores import edit, files, index, polling
from dphub_k8s.stores.base import (
    AlreadyExists,
    Conflict,
    Document,
    Event,
    Feature,
    NotFound,
    Stored,
    StoreError,
    name_of,
)
from dphub_k8s.stores.files import Signature
from dphub_k8s.stores.index import Claim, File, Index, Owners
from dphub_k8s.stores.sidecar import Sidecar

FILE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,98}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class _View:
    """The folder as it was last looked at."""

    stamp: Signature | None
    seen: Mapping[str, Signature]
    owned: Owners
    files: Mapping[str, File]
    stored: Mapping[str, Stored]
    faults: tuple[Problem, ...]

    def place(self, name: str) -> tuple[str, int]:
        """The file of a product and the number of its document in there."""
        path, claim = self.owned[name]
        return path, self.files[path].claims.index(claim)


class DirectoryStore:
    """`folder` holds the products, `state` what the hub remembers of them; see the module."""

    def __init__(self, folder: Path, state: Path) -> None:
        self._folder = folder.absolute()
        self._sidecar = Sidecar(state.absolute())
        self._view: _View | None = None

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset({"watch", "status"})

    def list(self) -> tuple[Stored, ...]:
        return tuple(self._look().stored.values())

    def faults(self) -> tuple[Problem, ...]:
        return self._look().faults

    def get(self, name: str) -> Stored:
        return _found(self._look(), name)

    def create(self, document: Document) -> Stored:
        name = name_of(document)
        if not FILE_NAME.fullmatch(name):
            raise StoreError(f"{name!r} cannot name a file; a product's name is a DNS label")
        path = f"{name}.yaml"
        with self._locked() as view:
            if name in view.stored:
                origin = view.stored[name].origin
                raise AlreadyExists(f"there is a product {name!r} already, in {origin}")
            if (self._folder / path).exists():
                raise AlreadyExists(f"there is a file {self._folder / path} already")
            self._write(path, edit.alone(document, path))
            return self._refresh(own=path).stored[name]

    def replace(self, document: Document, version: str) -> Stored:
        name = name_of(document)
        with self._locked() as view:
            stored = _found(view, name, version)
            if digest(document) == version:
                return stored
            if stored.fault:
                raise StoreError(f"its file has to be mended first: {stored.fault}")
            path, number = view.place(name)
            self._write(path, edit.replaced(self._text(path), path, number, document))
            return self._refresh(own=path).stored[name]

    def delete(self, name: str, version: str | None = None) -> None:
        with self._locked() as view:
            stored = _found(view, name, version)
            path, number = view.place(name)
            if len(view.files[path].claims) == 1:
                (self._folder / path).unlink()
            elif stored.fault:
                raise StoreError(f"its file has to be mended first: {stored.fault}")
            else:
                self._write(path, edit.removed(self._text(path), path, number))
            self._refresh(own=path, forget=name)

    def watch(self, timeout: float) -> Iterator[Event]:
        return polling.watch(self.list, timeout)

    def status(self, name: str) -> Status | None:
        return self._sidecar.status(self.get(name).uid)

    def set_status(self, name: str, uid: str, status: Status) -> bool:
        with self._sidecar.lock():
            row = self._sidecar.load().products.get(name)
            if row is None or row.uid != uid or self._sidecar.status(uid) == status:
                return False
            self._sidecar.set_status(uid, status)
            return True

    def _look(self) -> _View:
        view = self._view
        if view is None or view.stamp != self._sidecar.stamp() or view.seen != self._scan():
            with self._locked() as view:
                return view
        return view

    @contextmanager
    def _locked(self) -> Iterator[_View]:
        self._scan()
        with self._sidecar.lock():
            yield self._refresh()

    def _scan(self) -> dict[str, Signature]:
        try:
            return files.scan(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(f"there is no folder {self._folder}") from None

    def _refresh(self, own: str | None = None, forget: str | None = None) -> _View:
        """Under the lock: compare the files with what is remembered of them."""
        old = self._sidecar.load()
        self._require_own(old)
        known = {path: file.signature for path, file in old.files.items()}
        seen = files.settled(self._folder, known, own)
        view = self._view
        if view and view.stamp == self._sidecar.stamp() and view.seen == seen and not forget:
            return view
        held = {path: self._file(path, sign, old.files.get(path)) for path, sign in seen.items()}
        products = {name: row for name, row in old.products.items() if name != forget}
        owned = index.owners(held, products)
        now = datetime.now(UTC)
        rows = index.rows(owned, products, now)
        new = Index(folder=str(self._folder.resolve()) if rows else "", files=held, products=rows)
        if new != old:
            self._sidecar.save(new)
        self._view = self._viewed(new, owned)
        return self._view

    def _require_own(self, held: Index) -> None:
        """Another folder would look as if every product had been deleted."""
        if held.folder not in ("", str(self._folder.resolve())):
            raise StoreError(
                f"the state in {self._sidecar.folder} is that of the products in {held.folder}, "
                f"not of those in {self._folder}: name that folder, or another home"
            )

    def _file(self, path: str, signature: Signature, last: File | None) -> File:
        if last and last.signature == signature:
            return last
        try:
            written = documents.read(self._folder / path)
        except Unreadable as error:
            fault = error.problem
        except OSError as error:
            reason = error.strerror or str(error)
            fault = Problem(str(self._folder / path), "Unreadable", f"cannot be read: {reason}")
        else:
            if written or not (last and last.claims):
                return File(signature=signature, claims=tuple(map(self._claim, written)))
            message = "holds no document any more; delete the file to delete its products"
            fault = Problem(str(self._folder / path), "Empty", message)
        return File(signature=signature, claims=last.claims if last else (), fault=fault)

    def _claim(self, written: Written) -> Claim:
        try:
            name = name_of(written.document)
        except StoreError:
            name = ""
        version = self._sidecar.keep(written.document)
        return Claim(name=name, version=version, line=written.start)

    def _viewed(self, held: Index, owned: Owners) -> _View:
        stored = {name: self._stored(name, held, *owned[name]) for name in sorted(owned)}
        found = tuple(index.faults(str(self._folder), held.files, owned))
        seen = {path: file.signature for path, file in held.files.items()}
        return _View(self._sidecar.stamp(), seen, owned, held.files, stored, found)

    def _stored(self, name: str, held: Index, path: str, claim: Claim) -> Stored:
        row = held.products[name]
        return Stored(
            name=name,
            uid=row.uid,
            generation=row.generation,
            version=row.version,
            created=row.created,
            document=self._sidecar.document(row.version),
            origin=f"{self._folder}/{path}:{claim.line}",
            fault=held.files[path].fault,
        )

    def _text(self, path: str) -> str:
        return documents.decode((self._folder / path).read_bytes(), path)

    def _write(self, path: str, text: str) -> None:
        files.write(self._folder / path, text)


def _found(view: _View, name: str, version: str | None = None) -> Stored:
    stored = view.stored.get(name)
    if stored is None:
        raise NotFound(unknown(name, "product", view.stored))
    if version not in (None, stored.version):
        raise Conflict(f"{name!r} is at version {stored.version}, no longer at {version}")
    return stored
