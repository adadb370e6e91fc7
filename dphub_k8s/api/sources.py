"""Where a product reads, and how what it reads is joined."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from dphub_k8s.api.noun import Noun

How = Literal["inner", "left", "right", "full", "semi", "anti"]
Cardinality = Literal["1:1", "1:n", "n:1", "n:m"]
CARDINALITY = "cardinality"  # the check of what joins declare
ENGINES = ("parquet_join",)
FORMATS = ("parquet", "csv", "json", "delta")
SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".ndjson": "json",
    ".jsonl": "json",
}
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
WEB = frozenset({"http", "https"})
MAGIC = frozenset("*?[")  # a path with one of these is a pattern
COMPRESSED = (".gz", ".zst")


class SourceOptions(Noun):
    """How the text of a CSV file is read. `null_text` means null, as an empty field does."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    header: bool = True
    null_text: str | None = Field(default=None, alias="nullText", min_length=1)


class Source(Noun):
    """One input: `path` or `product`, whose current snapshot it is then. `rename` is source name ->
    name used from here on; other columns keep theirs. Without `format` the suffix of the path says
    it. With `hive` the folders of the files, such as `year=2024`, are columns."""

    path: str | None = Field(default=None, min_length=1)
    product: str | None = None
    format: str | None = None
    options: SourceOptions | None = None
    hive: bool = False
    rename: dict[str, str] = Field(default_factory=dict)

    @property
    def location(self) -> str:
        """What people call it by; admission has seen that it is one of the two."""
        return self.path if self.path is not None else f"product {self.product}"

    @property
    def kind(self) -> str | None:
        """The format, declared or by suffix; None where only a look can tell."""
        return self.format or SUFFIXES.get(self._suffix)

    @property
    def delimiter(self) -> str:
        """Between the fields of a CSV file."""
        if self.options and self.options.delimiter:
            return self.options.delimiter
        return "\t" if self._suffix == ".tsv" else ","

    @property
    def scheme(self) -> str:
        """`file`, `https` and the like of a URL; empty for a path."""
        found = SCHEME.match(self.path or "")
        return found[1].lower() if found else ""

    @property
    def is_pattern(self) -> bool:
        """Of a web address a question mark is a part."""
        return self.scheme not in WEB and not MAGIC.isdisjoint(self.path or "")

    @property
    def _suffix(self) -> str:
        path = (self.path or "").lower()
        if self.scheme in WEB:
            path = urlsplit(path).path
        for packed in COMPRESSED:
            path = path.removesuffix(packed)
        _, dot, suffix = path.rpartition("/")[2].rpartition(".")
        return dot + suffix


class JoinKey(Noun):
    """A pair of columns that must be equal; both names are those after `rename`."""

    left: str
    right: str


class Join(Noun):
    """Two source aliases and what must be equal: `on` (same name on both sides) or `keys`."""

    left: str
    right: str
    how: How = "inner"
    cardinality: Cardinality = "n:m"
    on: tuple[str, ...] = ()
    keys: tuple[JoinKey, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _yaml_1_1_on(cls, data: Any) -> Any:
        # A YAML 1.1 reader (kubectl among them) turns an unquoted `on:` into the key true.
        if isinstance(data, dict) and "true" in data and "on" not in data:
            return {("on" if name == "true" else name): value for name, value in data.items()}
        return data

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(left column, right column) of every equality."""
        return (*((name, name) for name in self.on), *((key.left, key.right) for key in self.keys))


class Backend(Noun):
    """What is read and joined, and the engine that does it."""

    engine: str = "parquet_join"
    sources: dict[str, Source] = Field(min_length=1)
    joins: tuple[Join, ...] = ()

    @property
    def counted(self) -> tuple[Join, ...]:
        """The joins that promise a cardinality."""
        return tuple(join for join in self.joins if join.cardinality != "n:m")

    @property
    def products(self) -> dict[str, str]:
        """Alias -> product, of the sources that are products."""
        return {alias: source.product for alias, source in self.sources.items() if source.product}
