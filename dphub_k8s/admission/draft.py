"""A document as far as it can be understood: what is broken is left out, the rest is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dphub_k8s.api.entity import Column
from dphub_k8s.api.navigation import Navigation
from dphub_k8s.api.policies import Api, ODataPolicy
from dphub_k8s.api.quality import Rule
from dphub_k8s.api.refresh import Refresh
from dphub_k8s.api.sources import Join, Source

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another product of the hub: its name, its route (`api.path` without the slash), its place,
    and the products that it reads."""

    name: str
    route: str
    origin: str
    reads: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, str, str]:
        """What nobody else may have: the name, its own URL, and that of its set in the hub."""
        return (f"name {self.name}", f"path {self.route}", f"path {self.name.replace('-', '_')}")


@dataclass(frozen=True, slots=True)
class Context:
    """What a document is checked against, beside itself; `taken` is claim -> who was first, `reads`
    product -> the products that it reads."""

    origin: str
    taken: Mapping[str, Neighbour]
    reads: Mapping[str, tuple[str, ...]]
    roots: tuple[Path, ...] | None


@dataclass(frozen=True, slots=True)
class Draft:
    """None stands for what is missing or malformed; `named` are the columns that have a name."""

    document: Mapping[str, Any]
    name: str | None
    api: Api | None
    odata: ODataPolicy | None
    refresh: Refresh | None
    rules: tuple[Rule | None, ...]
    sources: Mapping[str, Source | None]
    joins: tuple[Join | None, ...]
    columns: tuple[Column | None, ...]
    navigation: tuple[Navigation | None, ...]
    named: tuple[str, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Draft":
        columns = items(document, "spec", "entity", "columns")
        sources = within(document, "spec", "backend", "sources")
        navigation = items(document, "spec", "entity", "navigation")
        return cls(
            document=document,
            name=text(document, "metadata", "name"),
            api=_part(Api, within(document, "spec").get("api", {})),
            odata=_part(ODataPolicy, within(document, "spec").get("odata", {})),
            refresh=_part(Refresh, within(document, "spec").get("refresh", {"onChange": True})),
            rules=tuple(_part(Rule, rule) for rule in items(document, "spec", "quality")),
            sources={str(alias): _part(Source, source) for alias, source in sources.items()},
            joins=tuple(_part(Join, join) for join in items(document, "spec", "backend", "joins")),
            columns=tuple(_part(Column, column) for column in columns),
            navigation=tuple(_part(Navigation, each) for each in navigation),
            named=tuple(name for column in columns if (name := text(column, "name")) is not None),
        )

    def text(self, *steps: str) -> str | None:
        return text(self.document, *steps)

    @property
    def columns_known(self) -> bool:
        """Whether every column has a name, so that a name that is not among them is wrong."""
        return 0 < len(self.named) == len(self.columns)


def _part(model: type[Model], value: object) -> Model | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def within(value: object, *steps: str) -> dict[str, Any]:
    """The mapping at a place, or an empty one."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: object, *steps: str) -> list[Any]:
    found = within(value, *steps[:-1]).get(steps[-1])
    return found if isinstance(found, list) else []


def text(value: object, *steps: str) -> str | None:
    found = within(value, *steps[:-1]).get(steps[-1])
    return found if isinstance(found, str) else None


def at(*steps: str | int) -> str:
    """`spec.entity.columns[2].type`; a name that would be misread stands in brackets and quotes."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif str(step).replace("-", "_").isidentifier():
            path += f".{step}" if path else step
        else:
            path += f'["{step}"]'
    return path
