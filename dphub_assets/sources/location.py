"""A source location: what a declared source means, and the data version that it is at."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.relation import Relation, parquet
from dphub_k8s.api.sources import Source


class Location(Protocol):
    """`name` is the location as declared, which names the source asset."""

    @property
    def name(self) -> str: ...

    def version(self) -> str:
        """The data version that it is at now. Raises SourceMissing, SourceUnreadable."""
        ...

    def relation(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Relation:
        """What a build reads; what has to be copied or rewritten for that lies in `folder`, which
        may be missing. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class File:
    """One Parquet file of this machine."""

    name: str
    file: Path

    def version(self) -> str:
        """Size and modification time. One stat."""
        try:
            found = self.file.stat()
        except OSError as error:
            raise SourceMissing(f"{self.name}: {error.strerror} ({self.file})") from error
        if not stat.S_ISREG(found.st_mode):
            raise SourceUnreadable(f"{self.name} is no file ({self.file})")
        return f"{found.st_size}-{found.st_mtime_ns}"

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002  other locations need it
        folder: Path,  # noqa: ARG002
    ) -> Relation:
        self.version()
        return Relation(self.name, "Parquet", parquet(self.file), parquet(self.file))


def locate(source: Source, data_root: Path, allowed_roots: Sequence[Path] | None) -> Location:
    """A relative path starts at the data root. Links are followed here, once: what is compared with
    the roots is what is read.

    Raises SourceForbidden for a file outside the data root and the allowed roots.
    """
    path = source.path or ""
    file = _real(data_root / path)
    if allowed_roots is not None:
        roots = list(dict.fromkeys([data_root, *allowed_roots]))
        if not any(file.is_relative_to(_real(root)) for root in roots):
            names = ", ".join(map(str, roots))
            raise SourceForbidden(f"{path} lies outside the allowed roots ({names})")
    return File(path, file)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
