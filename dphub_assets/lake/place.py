"""Where the lake is kept: a folder, or a bucket by URL."""

import tempfile
from pathlib import Path

from dphub_assets.lake.directory import Directory
from dphub_assets.lake.objects import Objects

REMOTE = "s3://"
COPIES_BYTES = 4_000_000_000


def objects_at(
    place: str | Path,
    work: Path | None = None,
    copies: Path | None = None,
    limit: int = COPIES_BYTES,
) -> Objects:
    """A bucket needs local folders: `work` to stage in, `copies` of files that are asked for; those
    that nobody keeps go when all take more than `limit` bytes."""
    if not str(place).startswith(REMOTE):
        return Directory(Path(place))
    # A hub on a folder loads no S3 client.
    from dphub_assets.lake.bucket import Bucket

    work = work or Path(tempfile.gettempdir()) / "dphub"
    return Bucket(str(place), work / "staging", copies or work / "cache" / "files", limit)
