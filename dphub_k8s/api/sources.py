"""Where a product reads, and how what it reads is joined."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from dphub_k8s.api.noun import (
    MAX_COLUMNS,
    Identifier,
    Name,
    Named,
    Noun,
    ProductName,
    shaped,
)

How = Literal["inner", "left", "right", "full", "semi", "anti"]
Cardinality = Literal["1:1", "1:n", "n:1", "n:m"]
CARDINALITY = "cardinality"  # the check of what joins declare
PUBLISHED = "published"  # the check of the keys of published sources
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
SCHEMES = ("file", "http", "https", "s3")
OBJECT = r"s3://[a-z0-9][a-z0-9.-]+(/[^/*?\[\]]+)+"
ALIAS = "[A-Za-z_][A-Za-z0-9_-]{0,127}"
# What `str.isprintable` says.
PRINTABLE = r"^(?:[^\p{C}\p{Z}]| )*$"
MAX_SOURCES = 32
MAX_JOIN_KEYS = 16
LONGEST_PATH = 2048


class SourceOptions(Noun):
    """How the text of a CSV file is read. `null_text` means null, as an empty field does."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Between fields (default: a comma, a tab for .tsv)."""
    quote: str = Field(default='"', max_length=1)
    """Around fields, written twice inside; empty: there is none."""
    header: StrictBool = True
    """Whether the first line has the names; false: column0, column1, …"""
    null_text: str | None = Field(default=None, alias="nullText", min_length=1, max_length=256)
    """An unquoted field with this text is null, as an empty one is."""


class Publish(Noun):
    """A source that is published as an entity set of its own, beside the product's."""

    entity_set: Identifier = Field(alias="entitySet")
    """Name of the set, and of its entity type: an OData identifier."""
    key: Identifier
    """The column that identifies a row, after rename: unique and never null."""


class Source(Noun):
    """One input: `path` or `product`, whose current snapshot it is then. `rename` is source name ->
    name used from here on; other columns keep theirs. Without `format` the suffix of the path says
    it. With `hive` the folders of the files, such as `year=2024`, are columns."""

    path: Annotated[str, shaped(pattern=PRINTABLE)] | None = Field(
        default=None, min_length=1, max_length=LONGEST_PATH
    )
    """A file, a pattern of files, the folder of a Delta table, or a URL (s3, http, https, file).
    Relative to the data root."""
    product: ProductName | None = None
    """Another product, instead of path: its current snapshot is read."""
    format: Annotated[str, shaped(enum=list(FORMATS))] | None = None
    """How files are written, where their suffix does not say it."""
    options: SourceOptions | None = None
    """How CSV files are read."""
    hive: StrictBool = False
    """Whether folders such as year=2024 are columns (default: false); of patterns only."""
    rename: dict[str, Named] = Field(default_factory=dict, max_length=MAX_COLUMNS)
    """Name in the source: name from here on. Other columns keep theirs."""
    publish: Publish | None = None
    """Publishes all its rows and columns, after rename, as a set of their own."""

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
            path = re.split("[?#]", path, maxsplit=1)[0]
        for packed in COMPRESSED:
            path = path.removesuffix(packed)
        _, dot, suffix = path.rpartition("/")[2].rpartition(".")
        return dot + suffix


class JoinKey(Noun):
    """A pair of columns that must be equal; both names are those after `rename`."""

    left: Named
    """A column of the left source, after rename."""
    right: Named
    """A column of the right source, after rename."""


class Join(Noun):
    """Two source aliases and what must be equal: `on` (same name on both sides) or `keys`."""

    left: Name
    """Alias of a source."""
    right: Name
    """Alias of another source."""
    how: How = "inner"
    """semi and anti only filter: nothing of their right side can be published."""
    cardinality: Cardinality = "n:m"
    """Left to right, checked by each build: on a side that says 1 no key is there twice."""
    on: tuple[Named, ...] = Field(
        default=(), max_length=MAX_JOIN_KEYS, json_schema_extra={"minItems": 1}
    )
    """Columns of the same name on both sides, after rename."""
    keys: tuple[JoinKey, ...] = Field(
        default=(), max_length=MAX_JOIN_KEYS, json_schema_extra={"minItems": 1}
    )
    """Instead of on, where the names differ."""

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

    engine: Annotated[str, shaped(enum=list(ENGINES))] = "parquet_join"
    """What reads and joins."""
    sources: dict[str, Source] = Field(min_length=1, max_length=MAX_SOURCES)
    """By alias: letters, digits, '_' and '-', no digit first."""
    joins: tuple[Join, ...] = Field(default=(), max_length=MAX_SOURCES - 1)
    """One less than there are sources; they hang together as a tree."""

    @property
    def counted(self) -> tuple[Join, ...]:
        """The joins that promise a cardinality."""
        return tuple(join for join in self.joins if join.cardinality != "n:m")

    @property
    def products(self) -> dict[str, str]:
        """Alias -> product, of the sources that are products."""
        return {alias: source.product for alias, source in self.sources.items() if source.product}

    @property
    def published(self) -> dict[str, Publish]:
        """Alias -> how it is published, of the sources that are."""
        return {alias: source.publish for alias, source in self.sources.items() if source.publish}
