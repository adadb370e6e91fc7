"""Objects in an S3 bucket, or in any store that speaks its protocol with conditional writes.

Credentials, endpoint and region come from the usual variables (`AWS_…`). The client has threads of
its own, which a fork does not take along: a process that forks must not have asked before.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from dphub_assets.lake import staging
from dphub_assets.lake.download import Downloads
from dphub_assets.lake.errors import Unavailable
from dphub_assets.lake.objects import Stamp
from dphub_k8s.api.snapshot import DataFile

if TYPE_CHECKING:
    from obstore import PutMode

SCHEME = "s3://"
PATIENCE = timedelta(seconds=20)
RETRIES = 10
# Of an upload: at most 10,000 parts make an object.
PART, PARTS, PARTS_AT_A_TIME = 8 << 20, 9_000, 4
CHUNK = 4 << 20
UPDATES = 100


class Bucket:
    """`url` is `s3://bucket` or `s3://bucket/prefix`; the folders are local."""

    def __init__(self, url: str, staging_folder: Path, copies: Path, limit: int) -> None:
        bucket, _, prefix = url.removeprefix(SCHEME).strip("/").partition("/")
        self._bucket, self._prefix = bucket, prefix
        self._staging = staging_folder
        self._downloads = Downloads(copies, limit)

    @property
    def folder(self) -> Path:
        return self._downloads.folder

    @property
    def remote(self) -> bool:
        return True

    @property
    def storage_options(self) -> Mapping[str, str]:
        return {
            "aws_conditional_put": "etag",
            "aws_region": region(),
            "allow_http": str(allows_http()).lower(),
            "max_retries": str(RETRIES),
            "retry_timeout": f"{PATIENCE.seconds}s",
        }

    def read(self, name: str) -> bytes:
        with self._asking(name):
            return obstore.get(self._store, name).bytes().to_bytes()

    def write(self, name: str, data: bytes) -> None:
        with self._storing(name):
            obstore.put(self._store, name, data)

    def adopt(self, file: Path, name: str) -> None:
        """The signature of every part covers its content, so what arrives is what was sent."""
        size = file.stat().st_size
        part = max(PART, size // PARTS)
        with self._storing(name):
            obstore.put(self._store, name, file, chunk_size=part, max_concurrency=PARTS_AT_A_TIME)
            stored = obstore.head(self._store, name)["size"]
        if stored != size:
            raise Unavailable(f"{self.uri(name)} has {stored} bytes, not {size} as uploaded")
        file.unlink()

    def update(self, name: str, change: Callable[[bytes | None], bytes | None]) -> None:
        for _ in range(UPDATES):
            before, mode = self._tagged(name)
            after = change(before)
            if after is None or after == before:
                return
            try:
                with self._storing(name):
                    obstore.put(self._store, name, after, mode=mode)
            except (AlreadyExistsError, PreconditionError):
                continue
            return
        raise Unavailable(f"{self.uri(name)} was changed by others {UPDATES} times in a row")

    def list(self, prefix: str) -> Mapping[str, Stamp]:
        with self._asking(prefix):
            found = obstore.list_with_delimiter(self._store, prefix)["objects"]
        return {
            each["path"].rpartition("/")[2]: Stamp(
                int(each["last_modified"].timestamp() * 1e9), each["size"], each["e_tag"] or ""
            )
            for each in found
        }

    def delete(self, name: str) -> None:
        with self._asking(name):
            obstore.delete(self._store, name)

    def delete_tree(self, prefix: str) -> None:
        """From the end: a Delta log that lost its last versions is an older table, still whole."""
        with self._asking(prefix):
            names = [each["path"] for batch in obstore.list(self._store, prefix) for each in batch]
            for name in sorted(names, reverse=True):
                obstore.delete(self._store, name)

    def local(self, name: str, file: DataFile) -> Path:
        def download(into: IO[bytes]) -> None:
            with self._asking(name):
                for chunk in obstore.get(self._store, name).stream(CHUNK):
                    into.write(chunk)

        return self._downloads.get(name, file, download)

    def keep_local(self, files: Collection[Path]) -> None:
        self._downloads.keep(files)

    def uri(self, name: str) -> str:
        return SCHEME + "/".join(each for each in (self._bucket, self._prefix, name) if each)

    def staging(self) -> AbstractContextManager[Path]:
        return staging.folder(self._staging)

    def discard_staging(self, before: datetime) -> None:
        staging.discard(self._staging, before)

    @cached_property
    def _store(self) -> S3Store:
        return store(self._bucket, self._prefix)

    def _tagged(self, name: str) -> tuple[bytes | None, "PutMode"]:
        """What is there, and the condition that it still is."""
        try:
            with self._asking(name):
                found = obstore.get(self._store, name)
                return found.bytes().to_bytes(), {"e_tag": found.meta["e_tag"]}
        except FileNotFoundError:
            return None, "create"

    def _asking(self, name: str) -> AbstractContextManager[None]:
        """Raises FileNotFoundError, Unavailable."""
        return asking(self.uri(name))

    @contextmanager
    def _storing(self, name: str) -> Iterator[None]:
        """What is not found when one writes is the bucket. Raises Unavailable."""
        try:
            with self._asking(name):
                yield
        except FileNotFoundError as error:
            raise Unavailable(f"there is no bucket {self._bucket}") from error


class _Client:
    """The process whose threads it has; None before the first request."""

    process: int | None = None


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Around every request. Raises FileNotFoundError, Unavailable; conditions raise their own."""
    if (first := _Client.process or os.getpid()) != os.getpid():
        raise Unavailable(f"{url}: S3 was asked by {first}, which this process is a fork of")
    _Client.process = first
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(url) from error
    except BaseError as error:
        raise Unavailable(f"{url}: {first_line(error)}") from error


def store(bucket: str, prefix: str = "") -> S3Store:
    return S3Store(
        bucket,
        prefix=prefix or None,
        region=region(),
        client_options={
            "allow_http": allows_http(),
            "timeout": timedelta(days=1),
            "read_timeout": PATIENCE,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": PATIENCE},
    )


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def allows_http() -> bool:
    """Plain HTTP is spoken where the endpoint says so, and nowhere else."""
    named = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return named.startswith("http://")


def first_line(error: BaseError) -> str:
    return str(error).partition("\n")[0][:500]
