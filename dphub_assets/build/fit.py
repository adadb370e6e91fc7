"""Do the values of the sources fit the declared types? Asked of every row, before any is joined.

So a build fails or succeeds whatever the joins pass over, and knows which source is to blame.
"""

from typing import Any

import duckdb

from dphub_assets.build import sql
from dphub_assets.build.convert import cast, misfit
from dphub_assets.build.errors import CastFailed
from dphub_assets.build.plan import JoinPlan, PlannedColumn, PlannedSource
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
        _require_fit(connection, plan, source, relations)
    recipe = plan.product.spec.entity.recipe()
    if recipe is None or not recipe.spells:
        return 0
    return sum(_longest_parts(connection, plan, source, relations) for source in plan.sources)


def _require_fit(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    source: PlannedSource,
    relations: sql.Relations,
) -> None:
    """Raises CastFailed with one value that does not fit."""
    asked = [
        (column, condition, there)
        for column, there, kind in _read(plan, source)
        if (condition := misfit(name(there), kind, column.kind))
    ]
    if not asked:
        return
    examples = commas(
        f"min({name(there)}::VARCHAR) FILTER (WHERE {condition})" for _, condition, there in asked
    )
    found = _row(connection, f"SELECT {examples} FROM {relations[source.alias]}")
    for (column, _, there), value in zip(asked, found, strict=True):
        if value is not None:
            shown = value if len(value) <= EXAMPLE_LENGTH else f"{value[:EXAMPLE_LENGTH]}…"
            raise CastFailed(column.name, shown, source.alias, there, column.kind.name)


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
    query = f"SELECT max({' + '.join(lengths)}) FROM {relations[source.alias]}"
    (longest,) = _row(connection, query)
    return longest or 0


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
