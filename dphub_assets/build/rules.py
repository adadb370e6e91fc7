"""The rules of a product, measured on the written file: one scan, and one more for each that fails.

What DuckDB wrote down while it wrote (rows, nulls) is not counted again.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from dphub_assets.build.expression import Inadmissible, condition, require_admissible
from dphub_assets.build.plan import JoinPlan
from dphub_assets.build.text import commas, literal, name
from dphub_assets.build.write import Written
from dphub_assets.sources.relation import parquet
from dphub_k8s.api.entity import Entity
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.quality import COUNTED, Rule, Scalar
from dphub_k8s.api.snapshot import RULE, Verdict
from dphub_k8s.api.types import ColumnType

# How many keys of failing rows are kept.
MOST_KEYS = 10
Numbers = dict[int, float | None]


def require_measurable(connection: duckdb.DuckDBPyConnection, product: DataProduct) -> None:
    """What only DuckDB can tell of expressions and patterns. Raises Refused with all of them."""
    problems: list[Problem] = []
    for number, rule in enumerate(product.spec.quality):
        place = f"spec.quality[{number}]"
        if rule.expression is not None:
            try:
                require_admissible(connection, rule.expression, product.spec.entity)
            except Inadmissible as error:
                problems.append(Problem(f"{place}.expression", "InvalidExpression", str(error)))
        if rule.arguments.pattern is not None:
            try:
                connection.execute("SELECT regexp_matches('', ?)", [rule.arguments.pattern])
            except duckdb.Error as error:
                message = f"{rule.arguments.pattern!r} is no RE2 pattern: {error}"
                problems.append(Problem(f"{place}.arguments.pattern", "InvalidPattern", message))
    if problems:
        raise Refused(problems)


def measured(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, written: Written
) -> tuple[Verdict, ...]:
    """One verdict for each rule. Afterwards the connection reads nothing but the written file."""
    rules = plan.product.spec.quality
    if not rules:
        return ()
    confine(connection, written.file)
    numbers: Numbers = {}
    faults: dict[int, str] = {}
    _from_statistics(rules, written, numbers)
    _from_scan(connection, plan, written, numbers, faults)
    return tuple(
        _verdict(connection, plan, written, rule, numbers.get(number), faults.get(number))
        for number, rule in enumerate(rules)
    )


def confine(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Expressions are checked before; should one slip through, there is nothing to read."""
    connection.execute(f"SET allowed_paths = [{literal(str(file))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _from_statistics(rules: Sequence[Rule], written: Written, numbers: Numbers) -> None:
    for number, rule in enumerate(rules):
        if rule.metric == "rowCount":
            numbers[number] = written.rows.rows
        elif rule.metric == "nullValues" and rule.column:
            numbers[number] = written.rows.statistics[rule.column].nulls


def _from_scan(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    written: Written,
    numbers: Numbers,
    faults: dict[int, str],
) -> None:
    """All that fold into one query; a query that fails is asked again rule by rule, for the one
    that makes it fail."""
    queries: dict[int, str] = {}
    for number, rule in enumerate(plan.product.spec.quality):
        if number in numbers:
            continue
        if rule.metric == "duplicateValues":
            query = _duplicates(plan, rule, written.file)
            numbers |= _asked(connection, {number: query}, "", faults)
        else:
            queries[number] = _aggregate(rule, plan.product.spec.entity)
    source = f" FROM {parquet(written.file)}"
    try:
        numbers |= _asked(connection, queries, source, None)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        for number, query in queries.items():
            numbers |= _asked(connection, {number: query}, source, faults)


def _asked(
    connection: duckdb.DuckDBPyConnection,
    queries: dict[int, str],
    source: str,
    faults: dict[int, str] | None,
) -> Numbers:
    """Without `faults` raises duckdb.Error."""
    if not queries:
        return {}
    try:
        values = connection.execute(f"SELECT {commas(queries.values())}{source}").fetchone()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if faults is None:
            raise
        faults.update(dict.fromkeys(queries, str(error).partition("\n")[0]))
        return {}
    return dict(zip(queries, values or (), strict=True))


def _aggregate(rule: Rule, entity: Entity) -> str:
    if rule.metric == "freshness":
        return f"CAST({time.time()!r} AS DOUBLE) - epoch(max({name(rule.over[0])}))"
    return f"count(*) FILTER (WHERE {_violated(rule, entity)})"


def _violated(rule: Rule, entity: Entity) -> str:
    """What holds for the rows that a counted rule counts; duplicates are told from other rows."""
    match rule.metric:
        case "nullValues":
            return f"{name(rule.over[0])} IS NULL"
        case "invalidValues":
            column = next(each for each in entity.columns if each.name == rule.column)
            return f"NOT ({' AND '.join(_valid(rule, column.kind))})"
        case _:
            return f"{condition(rule.expression or '')} IS NOT TRUE"


def _valid(rule: Rule, kind: ColumnType) -> list[str]:
    """A null is neither valid nor invalid."""
    said, column = rule.arguments, name(rule.over[0])
    found: list[str] = []
    if said.valid_values is not None:
        found.append(f"{column} IN ({commas(_value(each, kind) for each in said.valid_values)})")
    if said.pattern is not None:
        found.append(f"regexp_matches({column}, {literal(said.pattern)})")
    if said.minimum is not None:
        found.append(f"{column} >= {_value(said.minimum, kind)}")
        # DuckDB has it above all numbers.
        found += [f"NOT isnan({column})"] if kind.cast in ("FLOAT", "DOUBLE") else []
    if said.maximum is not None:
        found.append(f"{column} <= {_value(said.maximum, kind)}")
    return found


def _value(value: Scalar, kind: ColumnType) -> str:
    """As it is stored: a uuid as DuckDB prints it."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"CAST(CAST({literal(text)} AS {kind.cast}) AS {kind.stored})"


def _duplicates(plan: JoinPlan, rule: Rule, file: Path) -> str:
    """Rows that repeat an earlier one. Where the storage order has them beside each other, each row
    is compared with the one before it; else equal ones are grouped."""
    columns = [name(column) for column in rule.over]
    if set(rule.over) == set(plan.order[: len(columns)]):
        lags = commas(f"lag({column}) OVER () AS b{n}" for n, column in enumerate(columns))
        alike = " AND ".join(f"{column} = b{n}" for n, column in enumerate(columns))
        rows = f"SELECT {commas(columns)}, {lags} FROM {parquet(file)}"
        return f"(SELECT count(*) FILTER (WHERE {alike}) FROM ({rows}))"
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    groups = (
        f"SELECT count(*) AS n FROM {parquet(file)} WHERE {present} "
        f"GROUP BY {commas(columns)} HAVING count(*) > 1"
    )
    return f"(SELECT coalesce(sum(n - 1), 0)::BIGINT FROM ({groups}))"


def _verdict(
    connection: duckdb.DuckDBPyConnection,
    plan: JoinPlan,
    written: Written,
    rule: Rule,
    found: float | None,
    fault: str | None,
) -> Verdict:
    """No result is a failure."""
    check, blocking, rows = RULE + rule.title, rule.severity == "error", written.rows.rows
    if found is None or (rule.unit == "percent" and not rows):
        message = f"could not be measured: {fault or 'there are no values'}; {rule.demand()}"
        return Verdict(check=check, passed=False, blocking=blocking, message=message)
    value = 100 * found / rows if rule.unit == "percent" else found
    passed, counted = rule.is_kept(value), rule.metric in COUNTED
    return Verdict(
        check=check,
        passed=passed,
        blocking=blocking,
        message="" if passed else _told(rule, value, found, rows),
        violations=int(found) if counted else None,
        measured=value,
        keys=() if passed or not counted else _keys(connection, plan, rule, written.file),
    )


def _told(rule: Rule, value: float, found: float, rows: int) -> str:
    said = f"{value:,.10g}"
    if rule.metric in COUNTED:
        share = f", {said} percent" if rule.unit == "percent" else ""
        return f"{found:,} of {rows:,} rows{share}; {rule.demand()}"
    return f"found {said}{rule.unit_said}; {rule.demand()}"


def _keys(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, rule: Rule, file: Path
) -> tuple[str, ...]:
    """The first in storage order."""
    entity = plan.product.spec.entity
    recipe = entity.recipe()
    spelled = recipe is not None and recipe.kind == "text"
    key = recipe.key_sql() if recipe and spelled else name(entity.key_column)
    source = parquet(file, "file_row_number = true")
    if rule.metric == "duplicateValues":
        columns = [name(column) for column in rule.over]
        present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        numbered = f"row_number() OVER (PARTITION BY {commas(columns)} ORDER BY file_row_number)"
        found = f"SELECT * FROM {source} WHERE {present} QUALIFY {numbered} > 1"
    else:
        found = f"SELECT * FROM {source} WHERE {_violated(rule, entity)}"
    query = (
        f"SELECT CAST({key} AS VARCHAR) FROM ({found}) ORDER BY file_row_number LIMIT {MOST_KEYS}"
    )
    try:
        return tuple(str(each) for (each,) in connection.execute(query).fetchall())
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return ()
