"""A source location: what a declared source means, and the data version that it is at."""

from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

import duckdb

from dphub_assets.sources import delta
from dphub_assets.sources.errors import SourceForbidden
from dphub_assets.sources.files import File, Pattern, Roots, fixed, is_pattern
from dphub_assets.sources.relation import Relation
from dphub_assets.sources.remote import Remote
from dphub_k8s.api.sources import Source

__all__ = ["Location", "Roots", "locate"]


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


def locate(source: Source, roots: Roots) -> Location:
    """A relative path starts at the data root. Raises SourceForbidden."""
    name = source.location
    if source.scheme == "s3":
        return _object(name, source, roots)
    if source.scheme in ("http", "https"):
        _require_allowed(name, roots)
        return Remote(name, source)
    path = _path(source)
    if source.is_pattern:
        roots.real(str(fixed(path)))
        return Pattern(name, path, roots, source)
    file = roots.real(path)
    if source.kind == "delta" or (source.kind is None and delta.is_table(file)):
        return delta.Table(name, file)
    return File(name, file, source)


def _object(url: str, source: Source, roots: Roots) -> Location:
    if is_pattern(url) or source.kind == "delta":
        raise SourceForbidden(f"{url}: of a bucket single objects are read")
    _require_allowed(url, roots)
    # Who reads files alone loads no S3 client.
    from dphub_assets.sources.bucket import Object

    return Object(url, source)


def _require_allowed(url: str, roots: Roots) -> None:
    if roots.allowed is not None and not any(
        PurePosixPath(url).is_relative_to(root) for root in roots.allowed
    ):
        names = ", ".join(map(str, roots.allowed))
        raise SourceForbidden(f"{url} lies outside the allowed roots ({names})")


def _path(source: Source) -> str:
    return unquote(urlsplit(source.location).path) if source.scheme else source.location
