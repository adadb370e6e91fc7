"""A file behind http or https: looked at by its headers, copied for a build."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import duckdb
import httpx

from dphub_assets.sources import formats
from dphub_assets.sources.errors import SourceMissing, SourceUnreadable
from dphub_assets.sources.relation import Relation
from dphub_k8s.api.product import digest
from dphub_k8s.api.sources import COMPRESSED, Source

# Of a connection, and of every piece that is read.
TIMEOUT_SECONDS = 10.0
MOST_REDIRECTS = 5
MOST_BYTES = 10 * 1024**3
# Who signs a URL, as S3 does, signs it for GET alone: 403.
NO_HEAD = frozenset({403, 405, 501})


@dataclass(frozen=True, slots=True)
class Remote:
    """One file of a web server. Redirects are followed to http and https only."""

    name: str
    source: Source
    most_bytes: int = MOST_BYTES

    def version(self) -> str:
        """Of entity tag, time and length. One request, without the file.

        Raises SourceMissing, and SourceUnreadable for a server that tells neither tag nor time: a
        change could not be seen.
        """
        with self._client() as client:
            answer = client.head(self.name)
            if answer.status_code in NO_HEAD:
                with client.stream("GET", self.name) as answer:
                    return self._version(answer)
            return self._version(answer)

    def relation(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Relation:
        folder.mkdir(parents=True, exist_ok=True)
        suffixes = "".join(PurePosixPath(urlsplit(self.name).path).suffixes[-2:])
        file = folder / f"copy{suffixes}"
        with self._client() as client, client.stream("GET", self.name) as answer:
            self._require_success(answer)
            self._copy(answer, file)
        files = formats.Files(self.name, self.source, (file,), self.name)
        return formats.relation(connection, files, folder)

    def _copy(self, answer: httpx.Response, file: Path) -> None:
        # What is packed for the way, though nobody asked for that, is unpacked; but servers say of
        # a .gz file too that it is.
        is_packed = file.suffix.lower() in COMPRESSED
        with file.open("wb") as out:
            for piece in answer.iter_raw() if is_packed else answer.iter_bytes():
                out.write(piece)
                if out.tell() > self.most_bytes:
                    message = f"{self.name} has more than {self.most_bytes} bytes"
                    raise SourceUnreadable(message)

    def _version(self, answer: httpx.Response) -> str:
        self._require_success(answer)
        tag, time = (answer.headers.get(name) for name in ("etag", "last-modified"))
        if not (tag or time):
            message = "the server tells neither ETag nor Last-Modified, so no change could be seen"
            raise SourceUnreadable(f"{self.name}: {message}; copy the file")
        return digest([tag, time, answer.headers.get("content-length")])

    def _require_success(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            said = f"{answer.status_code} {answer.reason_phrase}".strip()
            raise SourceMissing(f"{self.name}: the server answers {said}")

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        """Instead of httpx's errors raises SourceMissing."""
        try:
            with httpx.Client(
                follow_redirects=True,
                max_redirects=MOST_REDIRECTS,
                timeout=TIMEOUT_SECONDS,
                headers={"Accept-Encoding": "identity", "User-Agent": "dphub"},
            ) as client:
                yield client
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            # UnicodeError: a host that is no name, such as a..b.
            raise SourceMissing(f"{self.name}: {str(error) or type(error).__name__}") from error
