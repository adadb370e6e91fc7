"""What a published source is: its columns as the model types them, and its key. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dphub_assets.build import kinds
from dphub_assets.build.convert import can_become, misfit
from dphub_assets.build.text import name
from dphub_k8s.admission.entity import identifier
from dphub_k8s.api.entity import NO_KEY
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.sources import Publish
from dphub_k8s.api.types import ColumnType, parse_type

# Names after rename -> (name in the source, DuckDB type).
Columns = Mapping[str, tuple[str, str]]
# Published column, the condition under which a value does not fit it, source column, type.
Asked = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class SetColumn:
    """`there` is its name in the source, `source_type` DuckDB's."""

    name: str
    kind: ColumnType
    there: str
    source_type: str


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """All columns of the source `alias`; rows are stored by the key."""

    alias: str
    entity_set: str
    key: str
    columns: tuple[SetColumn, ...]

    @property
    def asked(self) -> Iterator[Asked]:
        """What `fit` asks: whether every value is one of its column's type."""
        for each in self.columns:
            if condition := misfit(name(each.there), each.source_type, each.kind):
                yield each.name, condition, each.there, each.kind.name


def planned(alias: str, wanted: Publish, columns: Columns, problems: list[Problem]) -> PlannedSet:
    """Adds what is wrong to the problems."""
    found = []
    for column, (there, source_type) in columns.items():
        kind = parse_type(kinds.of(source_type))
        found.append(SetColumn(column, kind, there, source_type))
    problems += _problems(alias, wanted, found)
    return PlannedSet(alias, wanted.entity_set, wanted.key, tuple(found))


def _problems(alias: str, wanted: Publish, columns: list[SetColumn]) -> Iterator[Problem]:
    place = f"spec.backend.sources.{alias}"
    for column in columns:
        yield from _name_problems(column, place)
        if not can_become(column.source_type, column.kind):
            message = f"{column.there!r} is {column.source_type}, which cannot be published"
            yield Problem(f"{place}.publish", "TypeMismatch", message)
    kinds_ = {column.name: column.kind for column in columns}
    key = kinds_.get(wanted.key)
    if key is None:
        message = unknown(wanted.key, f"column of source {alias!r}", kinds_)
        yield Problem(f"{place}.publish.key", "UnknownColumn", message)
    elif key.edm in NO_KEY or key.is_nested:
        message = f"{wanted.key!r} is {key.name}, which is no type of a key"
        yield Problem(f"{place}.publish.key", "NoTypeOfAKey", message)


def _name_problems(column: SetColumn, place: str) -> Iterator[Problem]:
    for problem in identifier(column.name, f"{place}.rename"):
        yield Problem(problem.path, problem.reason, f"{problem.message}; rename it to publish it")
    if column.name.lower() in (ORDINAL, ROW_NUMBER):
        message = f"{column.name!r} is a name that the hub uses itself; rename it to publish it"
        yield Problem(f"{place}.rename", "Reserved", message)
