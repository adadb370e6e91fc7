"""A source location: the file that a `path` means, and the data version that it is at."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable


@dataclass(frozen=True, slots=True)
class Location:
    """`name` is the path as declared, which names the source asset; `file` is where it lies."""

    name: str
    file: Path

    def version(self) -> str:
        """The data version: size and modification time. One stat.

        Raises SourceMissing, and SourceUnreadable for what is no file.
        """
        try:
            found = self.file.stat()
        except OSError as error:
            raise SourceMissing(f"{self.name}: {error.strerror} ({self.file})") from error
        if not stat.S_ISREG(found.st_mode):
            raise SourceUnreadable(f"{self.name} is no file ({self.file})")
        return f"{found.st_size}-{found.st_mtime_ns}"


def locate(path: str, data_root: Path, allowed_roots: Sequence[Path] | None) -> Location:
    """A relative path starts at the data root. Links are followed here, once: what is compared with
    the roots is what is read.

    Raises SourceForbidden for a file outside the data root and the allowed roots.
    """
    file = _real(data_root / path)
    if allowed_roots is not None:
        roots = list(dict.fromkeys([data_root, *allowed_roots]))
        if not any(file.is_relative_to(_real(root)) for root in roots):
            names = ", ".join(map(str, roots))
            raise SourceForbidden(f"{path} lies outside the allowed roots ({names})")
    return Location(path, file)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
