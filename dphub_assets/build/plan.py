"""The join plan: how the sources meet, where every published column comes from, and its lineage.

Pure: a product and the schemas of its sources in, a plan or every Problem out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dphub_assets.build import joins, published
from dphub_assets.build.cast import LONG, family
from dphub_assets.build.convert import can_become
from dphub_assets.build.joins import Origin, PlannedJoin
from dphub_assets.build.match import comparable
from dphub_assets.build.published import PlannedSet
from dphub_assets.sources.schema import SourceSchema
from dphub_k8s.api.entity import Column
from dphub_k8s.api.errors import Problem, Refused, unknown
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import LineageInput
from dphub_k8s.api.sources import Join, Source
from dphub_k8s.api.types import ColumnType

_HINTS = {
    "nested": "; json can hold it",
    LONG: "; a number of so many digits is read as a double",
}


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """`columns` are name after rename -> (name in the source, DuckDB type), in its order."""

    alias: str
    location: str
    rows: int
    columns: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A stored column and its origins (alias, column): several where a join makes them equal."""

    name: str
    kind: ColumnType
    nullable: bool
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """`columns` are the stored ones, in their declared order; `order` is the storage order, `sets`
    are sources that are published beside."""

    product: DataProduct
    sources: tuple[PlannedSource, ...]
    joins: tuple[PlannedJoin, ...]
    columns: tuple[PlannedColumn, ...]
    order: tuple[str, ...]
    sets: tuple[PlannedSet, ...] = ()

    def source(self, alias: str) -> PlannedSource:
        return next(source for source in self.sources if source.alias == alias)

    def column(self, name: str) -> PlannedColumn:
        return next(column for column in self.columns if column.name == name)

    @property
    def join_keys(self) -> list[Origin]:
        return [end for join in joins.flat(self.joins) for pair in join.equal for end in pair]

    def lineage(self) -> dict[str, tuple[LineageInput, ...]]:
        """Published column -> its inputs; join keys decide which rows there are: all have them."""
        indirect = [self._input(*origin, direct=False) for origin in self.join_keys]
        direct = {
            column.name: [self._input(alias, name, direct=True) for alias, name in column.origins]
            for column in self.columns
        }
        key = self.product.spec.entity.key
        if key.generated:
            direct = {key.name: [made for column in direct.values() for made in column], **direct}
        return {name: tuple(dict.fromkeys([*found, *indirect])) for name, found in direct.items()}

    def _input(self, alias: str, name: str, *, direct: bool) -> LineageInput:
        column, _ = self.source(alias).columns[name]
        return LineageInput(source=alias, column=column, kind="direct" if direct else "indirect")


def make_plan(product: DataProduct, schemas: Mapping[str, SourceSchema]) -> JoinPlan:
    """Raises Refused with everything that the schemas show to be wrong."""
    backend, entity = product.spec.backend, product.spec.entity
    problems: list[Problem] = []
    sources = {
        alias: _planned_source(alias, source, schemas[alias], problems)
        for alias, source in backend.sources.items()
    }
    for place, join in enumerate(backend.joins):
        problems += _join_problems(place, join, sources)
    visible = joins.visible(backend)
    if not visible:
        message = "every source is on the right side of a semi or anti join: nothing is published"
        raise Refused([*problems, Problem("spec.backend.joins", "NotPublishable", message)])
    ordered = joins.in_order(backend)
    columns = []
    for place, column in enumerate(entity.columns):
        if column.generated:
            continue
        found = _origins(place, column, sources, visible, ordered)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        problems += _cast_problems(place, column, found, sources)
        columns.append(PlannedColumn(column.name, column.kind, column.nullable, found))
    sets = tuple(
        published.planned(alias, wanted, sources[alias].columns, problems)
        for alias, wanted in backend.published.items()
    )
    if problems:
        raise Refused(problems)
    order = tuple(column.name for column in entity.storage_order)
    return JoinPlan(product, tuple(sources.values()), ordered, tuple(columns), order, sets)


def _planned_source(
    alias: str, source: Source, schema: SourceSchema, problems: list[Problem]
) -> PlannedSource:
    at = f"spec.backend.sources.{alias}.rename"
    there = [column.name for column in schema.columns]
    for name in source.rename:
        if name not in there:
            message = unknown(name, f"column of {source.location}", there)
            problems.append(Problem(f"{at}.{name}", "UnknownColumn", message))
    columns: dict[str, tuple[str, str]] = {}
    taken: dict[str, str] = {}
    for column in schema.columns:
        name = source.rename.get(column.name, column.name)
        # As admission says of renames: upper and lower case are the same.
        first = taken.setdefault(name.lower(), column.name)
        if first != column.name:
            both = f"{first!r} and {column.name!r} of {source.location} both become {name!r}"
            problems.append(Problem(at, "RenameCollision", f"{both}; rename one to another name"))
        columns[name] = (column.name, column.type)
    return PlannedSource(alias, source.location, schema.rows, columns)


def _join_problems(
    place: int, join: Join, sources: Mapping[str, PlannedSource]
) -> Iterator[Problem]:
    """Columns that are not there, and columns whose values are never alike."""
    at = f"spec.backend.joins[{place}]"
    for n, pair in enumerate(join.pairs):
        ends = list(zip((join.left, join.right), pair, strict=True))
        field = f"{at}.on[{n}]" if join.on else f"{at}.keys[{n}]"
        missing = [(alias, name) for alias, name in ends if name not in sources[alias].columns]
        for alias, name in missing:
            side = "" if join.on else ".left" if alias == join.left else ".right"
            message = unknown(name, f"column of source {alias!r}", sources[alias].columns)
            yield Problem(f"{field}{side}", "UnknownColumn", message)
        if missing:
            continue
        types = [sources[alias].columns[name][1] for alias, name in ends]
        if not comparable(*types):
            told = " and ".join(
                f"{alias}.{name} is {kind}" for (alias, name), kind in zip(ends, types, strict=True)
            )
            message = f"{told}: such values cannot be compared; give both the same type"
            yield Problem(field, "TypeMismatch", message)


def _origins(
    place: int,
    column: Column,
    sources: Mapping[str, PlannedSource],
    visible: tuple[str, ...],
    ordered: tuple[PlannedJoin, ...],
) -> tuple[Origin, ...] | Problem:
    at = f"spec.entity.columns[{place}]"
    if column.source:
        alias, _, name = column.source.partition(".")
        if name in sources[alias].columns:
            return ((alias, name),)
        message = unknown(name, f"column of source {alias!r}", sources[alias].columns)
        return Problem(f"{at}.source", "UnknownColumn", message)
    holders = tuple(
        (alias, column.name) for alias in visible if column.name in sources[alias].columns
    )
    if not holders:
        known = {name for alias in visible for name in sources[alias].columns}
        message = unknown(column.name, "column of the sources", known)
        return Problem(f"{at}.name", "UnknownColumn", message)
    if joins.all_equal(holders, ordered):
        return holders
    choices = " or ".join(f"{alias}.{name}" for alias, name in holders)
    message = f"{column.name!r} is a column of several sources; say which by source: {choices}"
    return Problem(f"{at}.name", "AmbiguousColumn", message)


def _cast_problems(
    place: int,
    column: Column,
    origins: tuple[Origin, ...],
    sources: Mapping[str, PlannedSource],
) -> Iterator[Problem]:
    for alias, name in origins:
        _, there = sources[alias].columns[name]
        if not can_become(there, column.kind):
            hint = _HINTS.get(family(there), "")
            message = f"{alias}.{name} is {there}, which cannot become {column.type}{hint}"
            yield Problem(f"spec.entity.columns[{place}].type", "TypeMismatch", message)
