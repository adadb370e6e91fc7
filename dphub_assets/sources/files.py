"""Files of this machine: one, or those that a pattern names."""

import glob
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_assets.sources import formats
from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.relation import Relation
from dphub_k8s.api.sources import MAGIC, Source

DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Roots:
    """Where files may lie: under the data root and the allowed roots; None allows any."""

    data: Path
    allowed: Sequence[Path] | None = None

    def real(self, path: str) -> Path:
        """Links are followed here, once: what is compared with the roots is what is read.

        Raises SourceForbidden.
        """
        file = _real(self.data / path)
        if self.allowed is not None:
            roots = list(dict.fromkeys([self.data, *self.allowed]))
            if not any(file.is_relative_to(_real(root)) for root in roots):
                names = ", ".join(map(str, roots))
                raise SourceForbidden(f"{path} lies outside the allowed roots ({names})")
        return file


@dataclass(frozen=True, slots=True)
class File:
    """One file."""

    name: str
    file: Path
    source: Source

    def version(self) -> str:
        """Size and modification time. One stat."""
        try:
            found = self.file.stat()
        except OSError as error:
            raise SourceMissing(f"{self.name}: {error.strerror} ({self.file})") from error
        if not stat.S_ISREG(found.st_mode):
            hint = (
                "; of the files in a folder write a pattern" if stat.S_ISDIR(found.st_mode) else ""
            )
            raise SourceUnreadable(f"{self.name} is no file ({self.file}){hint}")
        return f"{found.st_size}-{found.st_mtime_ns}"

    def relation(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Relation:
        self.version()
        files = formats.Files(self.name, self.source, (self.file,), str(self.file))
        return formats.relation(connection, files, folder)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The files whose path matches: `*`, `?`, `[a-z]` in a name, `**` for any folders. Sorted by
    path; hidden ones never match."""

    name: str
    pattern: str
    roots: Roots
    source: Source

    def version(self) -> str:
        """Names, sizes and times of what matches. One stat a file."""
        digest = hashlib.sha256()
        for path, found in self._matches():
            line = f"{path}\0{found.st_size}-{found.st_mtime_ns}\n"
            digest.update(line.encode(errors="surrogateescape"))
        return digest.hexdigest()[:DIGEST_LENGTH]

    def relation(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Relation:
        files = [self.roots.real(path) for path, _ in self._matches()]
        shown = str(self.roots.data / self.pattern)
        outer = _outer(self.roots.data / fixed(self.pattern))
        found = formats.Files(self.name, self.source, files, shown, outer)
        return formats.relation(connection, found, folder)

    def _matches(self) -> Iterator[tuple[str, os.stat_result]]:
        nothing = True
        root = str(self.roots.data)
        for path in sorted(glob.glob(self.pattern, root_dir=root, recursive=True)):  # noqa: PTH207
            try:
                found = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118  many files
            except OSError:
                continue  # gone again, or a link to nowhere
            if stat.S_ISREG(found.st_mode):
                nothing = False
                yield path, found
        if nothing:
            raise SourceMissing(f"no file matches {self.name} (under {root})")


def is_pattern(path: str) -> bool:
    return not MAGIC.isdisjoint(path)


def fixed(pattern: str) -> Path:
    """The folders before the first that is a pattern."""
    parts = Path(pattern).parts
    count = next(n for n, part in enumerate(parts) if is_pattern(part))
    return Path(*parts[:count])


def _outer(folder: Path) -> frozenset[str]:
    """What DuckDB would take for a partition in the folders that every file lies in."""
    return frozenset(part.partition("=")[0] for part in folder.parts if "=" in part)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
