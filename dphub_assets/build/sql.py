"""The plan as SQL: which rows a product has, and the statements that write them in order.

The rows are one query; writing them sorted has two shapes with the same bytes as result. Small
sources that a join multiplies are *ranked*: every stretch of the storage order that comes from one
source becomes one integer, its rank there. The sort moves a few integers a row instead of texts,
and the values are looked up again behind it, for half of the CPU time. Everything else is sorted
as it is.

Names with a blank are the build's own: no published column has one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from dphub_assets.build.convert import cast
from dphub_assets.build.joins import Origin, PlannedJoin
from dphub_assets.build.match import matched
from dphub_assets.build.plan import JoinPlan, PlannedColumn, PlannedSource
from dphub_assets.build.text import commas, lines, literal, name
from dphub_k8s.api.keys import ORDINAL

# Ranking sorts every source once; it pays where the join multiplies what is small.
RANK_ROWS = 250_000
# 16,384 rows a group would prune better, and is slower and twice the size on repetitive columns.
ROW_GROUP = 122_880
# A decoding join must keep the order of its left side, so the optimizer must not swap the sides.
KEEP_ORDER = "SET disabled_optimizers = 'join_order,build_side_probe_side'"
# A join above ORDER BY may hand whole row groups to the writer in another order (seen with two
# threads); the streaming windows happen to prevent it, this does for certain.
KEPT = "PRESERVE_ORDER true, RETURN_STATS"
UTC = "SET TimeZone = 'UTC';"

_JOIN = {
    "inner": "JOIN",
    "left": "LEFT JOIN",
    "right": "RIGHT JOIN",
    "full": "FULL JOIN",
    "semi": "SEMI JOIN",
    "anti": "ANTI JOIN",
}

# By alias, SQL that stands behind FROM.
Relations = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Script:
    """`setup`, then `copy`, which returns DuckDB's statistics of the written file."""

    setup: tuple[str, ...]
    copy: str


def rows(plan: JoinPlan, relations: Relations) -> str:
    """The rows of the product in storage order: what is published, as one readable query."""
    order = [f"{name(column)} NULLS FIRST" for column in plan.order]
    columns, relation = lines(name(c.name) for c in plan.columns), "published"
    query = f"WITH published AS (\n{_select(plan, relations)}\n)"
    if _has_ordinal(plan):
        same = commas(name(column) for column in plan.order)
        ordinal = f"CAST(row_number() OVER (PARTITION BY {same}) - 1 AS INTEGER) AS {ORDINAL}"
        query = f"{query}, numbered AS (\nSELECT *,\n  {ordinal}\nFROM published\n)"
        columns, relation = lines(_stored(plan)), "numbered"
        order.append(ORDINAL)
    query = f"{query}\nSELECT{columns}\nFROM {relation}\nORDER BY{lines(order)}"
    return f"{UTC}\n{query}" if _tells_time(plan) else query


def _tells_time(plan: JoinPlan) -> bool:
    """Whether the rows may depend on the time zone of the session."""
    read = [*plan.join_keys, *(origin for column in plan.columns for origin in column.origins)]
    types = {plan.source(alias).columns[column][1] for alias, column in read}
    types |= {column.kind.cast for column in plan.columns}
    return any(kind.startswith("TIMESTAMP") for kind in types)


def script(plan: JoinPlan, relations: Relations, target: Path) -> Script:
    """The statements that write the rows to `target`."""
    if is_ranked(plan):
        return _ranked(plan, relations, target)
    numbered = _numbered(_select(plan, relations), [name(column) for column in plan.order])
    # Without the CASE the file would say that a column which is never null is REQUIRED.
    found = {
        c.name: f'CASE WHEN sorted."row number" > 0 THEN sorted.{name(c.name)} END'
        for c in plan.columns
    }
    return Script((), _copy(plan, found, f"({numbered}) AS sorted", target))


def is_ranked(plan: JoinPlan) -> bool:
    small = all(source.rows <= RANK_ROWS for source in plan.sources)
    return small and len(plan.sources) > 1 and all(_alias(plan, c) for c in plan.columns)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of the storage order that comes from one source; `number` counts them from 0."""

    number: int
    alias: str
    columns: tuple[PlannedColumn, ...]

    @property
    def rank(self) -> str:
        return name(f"rank {self.number}")

    @property
    def dictionary(self) -> str:
        return name(f"dictionary {self.number}")


def stretches(plan: JoinPlan) -> tuple[Stretch, ...]:
    ordered = [plan.column(column) for column in plan.order]
    runs = groupby(ordered, key=lambda column: _alias(plan, column))
    return tuple(Stretch(n, str(alias), tuple(run)) for n, (alias, run) in enumerate(runs))


def _ranked(plan: JoinPlan, relations: Relations, target: Path) -> Script:
    runs = stretches(plan)
    setup = [_rank_table(plan, source, runs, relations) for source in plan.sources]
    setup += [_dictionary(run) for run in runs]
    joined = _joined(
        plan,
        lambda alias: f'(FROM {_table(alias)} WHERE "is row") AS {name(alias)}',
        lambda alias, column: f"{name(alias)}.{_key(column)}",
    )
    # A row that an outer join leaves empty has the rank of all nulls, the lowest.
    ranks = commas(f"coalesce({name(r.alias)}.{r.rank}, 0) AS {r.rank}" for r in runs)
    numbered = _numbered(f"SELECT {ranks} FROM {joined}", [run.rank for run in runs])
    found = {c.name: f"{run.dictionary}.{name(c.name)}" for run in runs for c in run.columns}
    decode = [
        f"JOIN {run.dictionary} ON sorted.{run.rank} = {run.dictionary}.{run.rank}" for run in runs
    ]
    relation = " ".join([f"({numbered}) AS sorted", *decode])
    return Script((*setup, KEEP_ORDER), _copy(plan, found, relation, target))


def _rank_table(
    plan: JoinPlan, source: PlannedSource, runs: tuple[Stretch, ...], relations: Relations
) -> str:
    """The source's join keys and ranks, and a row of nulls that is none of its rows."""
    keys = dict.fromkeys(column for alias, column in plan.join_keys if alias == source.alias)
    columns = [f"{name(source.columns[key][0])} AS {_key(key)}" for key in keys]
    columns += [
        f"{_cast(plan, column, origin, '')} AS {name(column.name)}"
        for column in plan.columns
        for origin in origins(plan, column)
        if origin[0] == source.alias
    ]
    nobody = commas(["false", *("NULL" for _ in columns)])
    values = (
        f"SELECT {commas(['true AS ' + name('is row'), *columns])} "
        f"FROM {relations[source.alias]} UNION ALL SELECT {nobody}"
    )
    ranks = commas(["*", *(_rank(run) for run in runs if run.alias == source.alias)])
    ranked = f"SELECT {ranks} FROM ({values})"
    return f"CREATE TEMP TABLE {_table(source.alias)} AS {ranked}"


def _rank(run: Stretch) -> str:
    order = commas(f"{name(column.name)} NULLS FIRST" for column in run.columns)
    return f"CAST(dense_rank() OVER (ORDER BY {order}) - 1 AS INTEGER) AS {run.rank}"


def _table(alias: str) -> str:
    return name(f"ranked {alias}")


def _key(column: str) -> str:
    return name(f"key {column}")


def _dictionary(run: Stretch) -> str:
    names = commas(name(column.name) for column in run.columns)
    values = f"SELECT DISTINCT {run.rank}, {names} FROM {_table(run.alias)}"
    return f"CREATE TEMP TABLE {run.dictionary} AS {values}"


def _numbered(query: str, order: list[str]) -> str:
    """The sorted rows with their number from 1 and their ordinal among equals.

    Windows without an order stream over the sorted rows: no second sort.
    """
    names = commas(order)
    before = [name(f"before {n}") for n, _ in enumerate(order)]
    lags = commas(f"lag({c}) OVER () AS {b}" for c, b in zip(order, before, strict=True))
    differs = " OR ".join(f"{c} IS DISTINCT FROM {b}" for c, b in zip(order, before, strict=True))
    number = '"row number"'
    first = f"CASE WHEN {number} = 1 OR {differs} THEN {number} END"
    first = f"max({first}) OVER (ROWS UNBOUNDED PRECEDING)"
    ordered = f"{query} ORDER BY {commas(f'{column} NULLS FIRST' for column in order)}"
    lagged = f"SELECT {names}, {lags}, row_number() OVER () AS {number} FROM ({ordered})"
    ordinal = f"CAST({number} - {first} AS INTEGER) AS {ORDINAL}"
    return f"SELECT {names}, {number}, {ordinal} FROM ({lagged})"


def _copy(plan: JoinPlan, found: Mapping[str, str], relation: str, target: Path) -> str:
    columns = [f"{found[c.name]} AS {name(c.name)}" for c in plan.columns]
    if _has_ordinal(plan):
        columns.append(f"sorted.{ORDINAL}")
    query = f"SELECT {commas(columns)} FROM {relation}"
    if _has_ordinal(plan):
        query = f"SELECT {commas(_stored(plan))} FROM ({query})"
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, {KEPT}"
    return f"COPY ({query}) TO {literal(str(target))} ({options})"


def _stored(plan: JoinPlan) -> list[str]:
    """What a file with an ordinal holds: integer and uuid keys in their place among the columns."""
    entity = plan.product.spec.entity
    recipe = entity.recipe()
    assert recipe is not None
    made = f"{recipe.key_sql()} AS {name(entity.key_column)}"
    return [*(made if c.generated else name(c.name) for c in entity.physical), ORDINAL]


def _select(plan: JoinPlan, relations: Relations) -> str:
    """The published rows, in no order."""
    columns = lines(f"{_value(plan, c)} AS {name(c.name)}" for c in plan.columns)
    joined = _joined(
        plan,
        lambda alias: f"{relations[alias]} AS {name(alias)}",
        lambda alias, column: f"{name(alias)}.{name(plan.source(alias).columns[column][0])}",
    )
    return f"SELECT{columns}\nFROM {joined}"


def _joined(plan: JoinPlan, relation: Callable[[str], str], key: Callable[[str, str], str]) -> str:
    """The sources, joined; `relation` and `key` say what they and their join keys are here."""

    def chain(start: str, joins: tuple[PlannedJoin, ...]) -> str:
        parts = [relation(start)]
        for join in joins:
            right = chain(join.right, join.under)
            right = f"({right})" if join.under else right
            on = " AND ".join(_equal(plan, ends, key) for ends in join.equal)
            parts.append(f"{_JOIN[join.how]} {right}\n  ON {on}")
        return "\n".join(parts)

    return chain(plan.joins[0].left if plan.joins else plan.sources[0].alias, plan.joins)


def _equal(plan: JoinPlan, ends: tuple[Origin, Origin], key: Callable[[str, str], str]) -> str:
    (left, right), kinds = ends, [_type(plan, end) for end in ends]
    return f"{matched(key(*left), *kinds)} = {matched(key(*right), *reversed(kinds))}"


def compared(plan: JoinPlan, own: Origin, other: Origin) -> str:
    """A join key, read of its source alone, as it is compared with the other."""
    alias, column = own
    return matched(
        name(plan.source(alias).columns[column][0]), _type(plan, own), _type(plan, other)
    )


def _type(plan: JoinPlan, origin: Origin) -> str:
    alias, column = origin
    return plan.source(alias).columns[column][1]


def _value(plan: JoinPlan, column: PlannedColumn) -> str:
    values = [
        _cast(plan, column, origin, f"{name(origin[0])}.") for origin in origins(plan, column)
    ]
    return values[0] if len(values) == 1 else f"coalesce({commas(values)})"


def _cast(plan: JoinPlan, column: PlannedColumn, origin: Origin, prefix: str) -> str:
    alias, source_name = origin
    there, kind = plan.source(alias).columns[source_name]
    return cast(f"{prefix}{name(there)}", kind, column.kind)


def _alias(plan: JoinPlan, column: PlannedColumn) -> str | None:
    """The source that the column comes from, where it is one."""
    found = origins(plan, column)
    return found[0][0] if len(found) == 1 else None


def origins(plan: JoinPlan, column: PlannedColumn) -> tuple[Origin, ...]:
    """The origins to read: inner joins make them equal, so that the first is enough."""
    inner = all(join.how in ("inner", "semi", "anti") for join in plan.joins)
    return column.origins[:1] if inner else column.origins


def _has_ordinal(plan: JoinPlan) -> bool:
    return plan.product.spec.entity.key.generated
