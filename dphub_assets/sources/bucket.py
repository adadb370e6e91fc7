"""An object of an S3 bucket as a source: copied for a build, in the version that was looked at."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import duckdb
import obstore
from obstore.exceptions import PreconditionError

from dphub_assets.lake.bucket import CHUNK, SCHEME, asking, store
from dphub_assets.lake.errors import Unavailable
from dphub_assets.sources import formats
from dphub_assets.sources.errors import SourceChanged, SourceMissing
from dphub_assets.sources.relation import Relation
from dphub_k8s.api.sources import Source

# A tick comes more often than an object changes, and every look is a request.
FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Object:
    """`name` is its URL."""

    name: str
    source: Source

    _looks: ClassVar[dict[str, tuple[float, str]]] = {}

    def version(self) -> str:
        """Size and entity tag. One request, or none where the last is fresh."""
        at, found = self._looks.get(self.name, (0.0, ""))
        if not found or time.monotonic() - at > FRESH_SECONDS:
            found = self._look()
            self._looks[self.name] = time.monotonic(), found
        return found

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
    ) -> Relation:
        (folder / "copy").mkdir(parents=True, exist_ok=True)
        file = folder / "copy" / self.name.rpartition("/")[2]
        self._copy(self.version(), file)
        files = formats.Files(self.name, self.source, (file,), self.name)
        return formats.relation(connection, files, folder)

    def _look(self) -> str:
        bucket, key = self._place
        try:
            with asking(self.name):
                found = obstore.head(store(bucket), key)
        except FileNotFoundError as error:
            raise SourceMissing(
                f"{self.name}: there is no such object, or no such bucket"
            ) from error
        except Unavailable as error:
            raise SourceMissing(str(error)) from error
        return f"{found['size']}-{(found['e_tag'] or '').strip(chr(34))}"

    def _copy(self, version: str, file: Path) -> None:
        """Raises SourceChanged where the object is no longer the one of `version`."""
        bucket, key = self._place
        tag = version.partition("-")[2]
        try:
            with asking(self.name), file.open("wb") as into:
                found = obstore.get(store(bucket), key, options={"if_match": f'"{tag}"'})
                for chunk in found.stream(CHUNK):
                    into.write(chunk)
        except (PreconditionError, FileNotFoundError) as error:
            self._looks.pop(self.name, None)
            raise SourceChanged(f"{self.name} changed while being read") from error
        except Unavailable as error:
            raise SourceMissing(str(error)) from error

    @property
    def _place(self) -> tuple[str, str]:
        bucket, _, key = self.name.removeprefix(SCHEME).partition("/")
        return bucket, key
