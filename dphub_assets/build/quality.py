"""The checks: is what was written what the contract promises?

One scan of the written file compares every row with its neighbour; the rest is in the statistics
that DuckDB returned while it wrote.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from dphub_assets.build import rules
from dphub_assets.build.plan import JoinPlan
from dphub_assets.build.text import commas, name
from dphub_assets.build.write import Written
from dphub_assets.sources.relation import parquet
from dphub_k8s.api.keys import ORDINAL
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.quality import Rule
from dphub_k8s.api.snapshot import RULE, Verdict
from dphub_k8s.api.sources import CARDINALITY, PUBLISHED

CONTRACT, KEY_UNIQUE, NULLABILITY, ROW_COUNT = "contract", "key_unique", "nullability", "row_count"
CHECKS = (CONTRACT, KEY_UNIQUE, NULLABILITY, ROW_COUNT)
BLOCKING = frozenset({CONTRACT, KEY_UNIQUE, NULLABILITY})

TEXTS = {
    CONTRACT: "Columns and types are those that the contract promises",
    KEY_UNIQUE: "Every row has a key of its own, and rows lie in the storage order",
    NULLABILITY: "No null where the contract allows none",
    ROW_COUNT: "The sources yield rows",
}
JOINED = "Joins meet as many rows as they declare"
BESIDE = "Every row of a published source has a key of its own"


def check(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, written: Written
) -> tuple[Verdict, ...]:
    """One verdict for each of CHECKS, in that order, and for each rule; the rules come last, for
    they leave the connection with nothing to read."""
    messages = (
        _contract(connection, plan, written),
        _key_unique(connection, plan, written),
        _nullability(plan, written),
        "" if written.rows.rows else "the sources yield no rows",
    )
    builtin = tuple(
        Verdict(check=name, passed=not message, blocking=name in BLOCKING, message=message)
        for name, message in zip(CHECKS, messages, strict=True)
    )
    return (*builtin, *rules.measured(connection, plan, written))


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of a check before it runs."""

    name: str
    text: str
    blocking: bool


def checks(product: DataProduct) -> list[Check]:
    """All that a build of the product gives verdicts on, in that order."""
    builtin = [Check(name, TEXTS[name], name in BLOCKING) for name in CHECKS]
    own = [
        Check(RULE + rule.title, rule.description or said(rule), rule.severity == "error")
        for rule in product.spec.quality
    ]
    joined = [Check(CARDINALITY, JOINED, blocking=True)] if product.spec.backend.counted else []
    if product.spec.backend.published:
        joined.append(Check(PUBLISHED, BESIDE, blocking=True))
    return [*builtin, *own, *joined]


def said(rule: Rule) -> str:
    what = rule.expression or ", ".join(rule.over)
    return f"{rule.metric}{what and f' ({what})'}: {rule.demand()}"


def _contract(connection: duckdb.DuckDBPyConnection, plan: JoinPlan, written: Written) -> str:
    """The file's columns and types, read back."""
    entity = plan.product.spec.entity
    promised = [(column.name, _plain(column.kind.stored)) for column in entity.physical]
    if entity.key.generated:
        promised.append((ORDINAL, "INTEGER"))
    query = f"DESCRIBE FROM {parquet(written.file)}"
    found = [(column, _plain(kind)) for column, kind, *_ in connection.execute(query).fetchall()]
    told = [", ".join(f"{column} {kind}" for column, kind in side) for side in (promised, found)]
    return "" if found == promised else f"promised {told[0]}; written {told[1]}"


def _plain(kind: str) -> str:
    """One spelling of each type."""
    return str(duckdb.sqltype(kind))


def _nullability(plan: JoinPlan, written: Written) -> str:
    key = plan.product.spec.entity.key_column
    required = [c.name for c in plan.columns if not c.nullable or c.name == key]
    nulls = {column: written.rows.statistics[column].nulls for column in required}
    return "; ".join(
        f"{column} is null in {count} rows" for column, count in nulls.items() if count
    )


def _key_unique(connection: duckdb.DuckDBPyConnection, plan: JoinPlan, written: Written) -> str:
    misplaced, repeated, example = _row(connection, _neighbours(plan, written.file))
    if misplaced:
        return f"{misplaced} rows are out of the storage order"
    if written.index:
        repeated, example = _row(connection, _repeated_keys(written.index))
    return f"{repeated} rows repeat a key, such as {example!r}" if repeated else ""


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    found = connection.execute(query).fetchone()
    assert found is not None
    return found


def _neighbours(plan: JoinPlan, file: Path) -> str:
    """Rows that do not come after the one before them, and rows that have its key.

    Null is lowest. An ordinal counts up from 0 among equal rows: so no two rows are alike, and
    keys, which spell the row and its ordinal, are unique.
    """
    entity = plan.product.spec.entity
    pairs = [(name(column), name(f"before {n}")) for n, column in enumerate(plan.order)]
    lags = [f"lag({column}) OVER () AS {before}" for column, before in pairs]
    first, fresh, alike = "true", "", "true"
    if entity.key.generated:
        lags.append(f'lag({ORDINAL}) OVER () AS "ordinal before"')
        first, fresh = f"{ORDINAL} = 0", f" AND {ORDINAL} = 0"
        alike = f'{ORDINAL} = "ordinal before" + 1'
    steps = " ".join(
        f"WHEN {column} IS DISTINCT FROM {before} "
        f"THEN ({before} IS NULL OR coalesce({column} > {before}, false)){fresh}"
        for column, before in pairs
    )
    placed = f'CASE WHEN "row number" = 1 THEN {first} {steps} ELSE {alike} END'
    key, key_before = pairs[0]
    sorted_by_key = not entity.key.generated and plan.order[0] == entity.key_column
    repeated = f"{key} = {key_before}" if sorted_by_key else "false"
    return (
        f"SELECT count(*) FILTER (WHERE ({placed}) IS NOT TRUE), "
        f"count(*) FILTER (WHERE {repeated}), min({key}) FILTER (WHERE {repeated}) FROM "
        f'(SELECT *, {commas(lags)}, row_number() OVER () AS "row number" FROM {parquet(file)})'
    )


def _repeated_keys(index: Path) -> str:
    return (
        "SELECT count(*), min(key) FROM "
        f"(SELECT key, lag(key) OVER () AS before FROM {parquet(index)}) "
        "WHERE key = before"
    )
