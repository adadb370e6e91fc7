"""Do the values of the sources fit the declared types? Asked of every row, before any is joined.

So a build fails or succeeds whatever the joins pass over, and knows which source is to blame.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from dphub_assets.build import joins, sql
from dphub_assets.build.convert import cast, misfit
from dphub_assets.build.errors import CastFailed
from dphub_assets.build.match import mismatch
from dphub_assets.build.plan import JoinPlan, PlannedColumn, PlannedSource
from dphub_assets.build.published import Asked
from dphub_assets.build.text import commas, name
from dphub_k8s.api import keys

EXAMPLE_LENGTH = 100


def longest_key(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, relations: sql.Relations
) -> int:
    """How long the spelled key of a row can be at most, without its ordinal; 0 for other keys.

    Raises CastFailed where a source has a value that does not fit.
    """
    for source in plan.sources:
        asked = [*_asked(plan, source), *_asked_of_keys(plan, source)]
        require_fit(connection, source.alias, relations[source.alias], asked)
    recipe = plan.product.spec.entity.recipe()
    if recipe is None or not recipe.spells:
        return 0
    return sum(_longest_parts(connection, plan, source, relations) for source in plan.sources)


def require_fit(
    connection: duckdb.DuckDBPyConnection, alias: str, relation: str, questions: Iterable[Asked]
) -> None:
    """Raises CastFailed with one value that does not fit."""
    asked = list(questions)
    if not asked:
        return
    examples = commas(
        f"min({name(there)}::VARCHAR) FILTER (WHERE {condition})"
        for _, condition, there, _ in asked
    )
    found = _row(connection, f"SELECT {examples} FROM {relation}")
    for (column, _, there, wanted), value in zip(asked, found, strict=True):
        if value is not None:
            shown = value if len(value) <= EXAMPLE_LENGTH else f"{value[:EXAMPLE_LENGTH]}…"
            raise CastFailed(column, shown, alias, there, wanted)


def _asked(plan: JoinPlan, source: PlannedSource) -> Iterator[Asked]:
    for column, there, kind in _read(plan, source):
        if condition := misfit(name(there), kind, column.kind):
            yield column.name, condition, there, column.kind.name


def _asked_of_keys(plan: JoinPlan, source: PlannedSource) -> Iterator[Asked]:
    """The same of join keys whose text is compared with a type of another source."""
    pairs = [pair for join in joins.flat(plan.joins) for pair in join.equal]
    for own, other in [*pairs, *((right, left) for left, right in pairs)]:
        if own[0] != source.alias:
            continue
        there, kind = source.columns[own[1]]
        wanted = plan.source(other[0]).columns[other[1]][1]
        if condition := mismatch(name(there), kind, wanted):
            yield own[1], condition, there, wanted


def _longest_parts(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    source: PlannedSource,
    relations: sql.Relations,
) -> int:
    """The most that a row of the source adds to a spelled key, in characters, with separators.

    Looks at the source alone, which a join multiplies: no key is longer than the sum over sources.
    """
    lengths = [
        f"strlen({keys.part_sql(f'({cast(name(there), kind, column.kind)})', column.kind)}) + 1"
        for column, there, kind in _read(plan, source)
    ]
    if not lengths:
        return 0
    # Not one sum behind the other: of 400 of them DuckDB takes half a minute to plan.
    query = f"SELECT max(list_sum([{commas(lengths)}])) FROM {relations[source.alias]}"
    (longest,) = _row(connection, query)
    return int(longest or 0)


def _read(plan: JoinPlan, source: PlannedSource) -> list[tuple[PlannedColumn, str, str]]:
    """What is read of the source: the column that it becomes, its name there, its DuckDB type."""
    return [
        (column, *source.columns[origin])
        for column in plan.columns
        for alias, origin in sql.origins(plan, column)
        if alias == source.alias
    ]


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = connection.execute(query).fetchone()
    assert found is not None
    return found
