"""The state folder of the directory store: what it remembers, on disk.

Only `index.json` counts: it is written last, with fsync. A document that is missing beside it is
read again from its file, a status is observed again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from dphub_k8s.api.product import digest
from dphub_k8s.api.status import Status
from dphub_k8s.stores import files
from dphub_k8s.stores.base import Document, StoreError
from dphub_k8s.stores.files import Signature
from dphub_k8s.stores.index import File, Index

NEVER: Signature = (0, 0, 0)


class Sidecar:
    """Whoever changes something holds the `lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / "index.json"
        self._loaded: tuple[Signature | None, Index] = (None, Index())
        self._documents: dict[str, Document] = {}
        self._statuses: dict[str, tuple[Signature | None, Status | None]] = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        for folder in ("documents", "status"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        with files.lock(self.folder / "lock"):
            yield

    def stamp(self) -> Signature | None:
        """Another one means that somebody has saved something else."""
        return files.signature(self._index)

    def load(self) -> Index:
        stamp = self.stamp()
        if stamp is None:
            return Index()
        if stamp != self._loaded[0]:
            self._loaded = (stamp, self._read())
        return self._loaded[1]

    def save(self, index: Index) -> None:
        """The documents that it names have been kept before."""
        files.write(self._index, index.model_dump_json(by_alias=True))
        self._loaded = (self.stamp(), index)
        versions = {claim.version for file in index.files.values() for claim in file.claims}
        uids = {row.uid for row in index.products.values()}
        self._documents = {v: d for v, d in self._documents.items() if v in versions}
        self._statuses = {u: s for u, s in self._statuses.items() if u in uids}
        _prune(self.folder / "documents", versions)
        _prune(self.folder / "status", uids)

    def keep(self, document: Document) -> str:
        """The version of a document, which can be asked for from now on."""
        version = digest(document)
        self._documents[version] = document
        path = self.folder / "documents" / f"{version}.json"
        if not path.exists():
            files.write(path, json.dumps(document), durable=False)
        return version

    def document(self, version: str) -> Document:
        return self._documents[version]

    def status(self, uid: str) -> Status | None:
        path = self.folder / "status" / f"{uid}.json"
        stamp = files.signature(path)
        if self._statuses.get(uid, (NEVER, None))[0] != stamp:
            self._statuses[uid] = (stamp, _status(path))
        return self._statuses[uid][1]

    def set_status(self, uid: str, status: Status) -> None:
        path = self.folder / "status" / f"{uid}.json"
        files.write(path, status.model_dump_json(by_alias=True, exclude_unset=True), durable=False)

    def _read(self) -> Index:
        try:
            index = Index.model_validate_json(self._index.read_bytes())
        except ValidationError as error:
            raise StoreError(
                f"{self._index} is not what this version writes ({error.errors()[0]['msg']}); "
                "without it every product would be a new one, so it is left to you to remove it"
            ) from None
        found = {path: self._complete(file) for path, file in index.files.items()}
        return index.model_copy(update={"files": found})

    def _complete(self, file: File) -> File:
        """A file whose documents have not all been kept will be read again."""
        known = tuple(claim for claim in file.claims if self._recall(claim.version))
        if len(known) == len(file.claims):
            return file
        return File(signature=NEVER, claims=known, fault=file.fault)

    def _recall(self, version: str) -> bool:
        if version not in self._documents:
            path = self.folder / "documents" / f"{version}.json"
            try:
                self._documents[version] = json.loads(path.read_bytes())
            except (FileNotFoundError, ValueError):
                return False
        return True


def _status(path: Path) -> Status | None:
    try:
        return Status.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _prune(folder: Path, kept: set[str]) -> None:
    for path in folder.iterdir():
        if path.stem not in kept:
            path.unlink(missing_ok=True)
