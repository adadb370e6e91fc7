"""Compressed files: whether they are whole."""

from pathlib import Path

import pyarrow as pa

from dphub_assets.sources.errors import SourceUnreadable

_CODECS = {".gz": "gzip", ".zst": "zstd"}
_PIECE = 1 << 20


def require_whole(named: str, file: Path) -> None:
    """DuckDB reads the rows of a .zst file until it breaks off, and looks at no checksums.

    Raises SourceUnreadable.
    """
    codec = _CODECS.get(file.suffix.lower())
    if codec is None:
        return
    with pa.OSFile(str(file)) as packed:
        try:
            with pa.CompressedInputStream(packed, codec) as stream:
                while stream.read(_PIECE):
                    pass
        except OSError as error:
            if error.errno:
                raise
            raise SourceUnreadable(f"{named} is not readable as {codec}: {error}") from error
