"""Where a product reads, and how what it reads is joined."""

from typing import Any, Literal

from pydantic import Field, model_validator

from dphub_k8s.api.noun import Noun

How = Literal["inner", "left", "right", "full", "semi", "anti"]
ENGINES = ("parquet_join",)


class Source(Noun):
    """One input: `path` or `product`, whose current snapshot it is then. `rename` is source name ->
    name used from here on; other columns keep theirs."""

    path: str | None = Field(default=None, min_length=1)
    product: str | None = None
    rename: dict[str, str] = Field(default_factory=dict)

    @property
    def location(self) -> str:
        """What people call it by; admission has seen that it is one of the two."""
        return self.path if self.path is not None else f"product {self.product}"


class JoinKey(Noun):
    """A pair of columns that must be equal; both names are those after `rename`."""

    left: str
    right: str


class Join(Noun):
    """Two source aliases and what must be equal: `on` (same name on both sides) or `keys`."""

    left: str
    right: str
    how: How = "inner"
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
    def products(self) -> dict[str, str]:
        """Alias -> product, of the sources that are products."""
        return {alias: source.product for alias, source in self.sources.items() if source.product}
