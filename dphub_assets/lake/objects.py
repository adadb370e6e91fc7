"""Named objects: the little that the lake asks of the place where it is kept.

Names are relative, with `/`. An object appears whole or not at all.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from dphub_k8s.api.snapshot import DataFile


class Stamp(NamedTuple):
    """What a listing tells of an object: when it was written, and what differs when it does."""

    modified_ns: int
    size: int
    tag: int | str


class Objects(Protocol):
    """Raises Unavailable where the place does not answer; no object and no place are not alike."""

    @property
    def folder(self) -> Path:
        """Where the files of `local` are."""

    @property
    def remote(self) -> bool:
        """Whether a request takes long, and costs."""

    @property
    def storage_options(self) -> Mapping[str, str]:
        """What a Delta library has to know besides the URI."""

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""

    def write(self, name: str, data: bytes) -> None:
        """Put or replace; durable when it returns."""

    def adopt(self, file: Path, name: str) -> None:
        """Take over a local file; it is gone from where it was."""

    def update(self, name: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Replace by `change(now)` with nobody in between. It gets None where there is no object,
        gives None to leave it so, and may be asked again."""

    def list(self, prefix: str) -> Mapping[str, Stamp]:
        """Objects right under `prefix`, in one call; a stamp differs when the object does."""

    def delete(self, name: str) -> None:
        """No error when it is gone already."""

    def delete_tree(self, prefix: str) -> None: ...

    def local(self, name: str, file: DataFile) -> Path:
        """A file that DuckDB can open. Raises FileNotFoundError, and Corrupt where it is not what
        `file` says."""

    def keep_local(self, files: Collection[Path]) -> None:
        """What `local` gave and is still needed; other copies may go, if there are many."""

    def uri(self, name: str) -> str: ...

    def staging(self) -> AbstractContextManager[Path]:
        """A local folder that is gone afterwards."""

    def discard_staging(self, before: datetime) -> None:
        """Delete what killed processes have left of theirs, if it was not touched since."""
