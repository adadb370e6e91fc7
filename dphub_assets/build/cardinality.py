"""Is a join as its declared cardinality says? Asked before it can multiply rows."""

from collections.abc import Iterator

import duckdb

from dphub_assets.build import sql
from dphub_assets.build.plan import JoinPlan
from dphub_assets.build.text import commas, literal
from dphub_k8s.api.snapshot import Verdict
from dphub_k8s.api.sources import CARDINALITY, Join

EXAMPLES = 10


def check(
    connection: duckdb.DuckDBPyConnection, plan: JoinPlan, relations: sql.Relations
) -> tuple[Verdict, ...]:
    """One verdict over all joins that declare a cardinality; none where none does."""
    backend = plan.product.spec.backend
    if not backend.counted:
        return ()
    messages, examples, violations = [], [], 0
    for join in backend.counted:
        for alias in _single(join):
            query = _repeated(plan, join, alias, relations)
            keys, rows, found = connection.execute(query).fetchall()[0]
            if keys:
                violations += rows
                examples += found
                told = f"{join.left} to {join.right} is not {join.cardinality}"
                columns = commas(dict.fromkeys(pair[alias == join.right] for pair in join.pairs))
                alike = f"{keys} keys ({columns}) are in {rows} rows of {alias}"
                messages.append(f"{told}: {alike}, such as {'; '.join(found)}")
    return (
        Verdict(
            check=CARDINALITY,
            passed=not messages,
            message=". ".join(messages),
            violations=violations,
            keys=tuple(examples[:EXAMPLES]),
        ),
    )


def _single(join: Join) -> Iterator[str]:
    """The sides of which a row of the other side may meet one row at most."""
    left, _, right = join.cardinality.partition(":")
    yield from (alias for alias, many in ((join.left, left), (join.right, right)) if many == "1")


def _repeated(plan: JoinPlan, join: Join, alias: str, relations: sql.Relations) -> str:
    """Keys that are there more than once, their rows, and some of them; null meets nothing."""
    keys = []
    for left, right in join.pairs:
        ends = [(join.left, left), (join.right, right)]
        own, other = ends if alias == join.left else reversed(ends)
        keys.append(sql.compared(plan, own, other))
    columns = commas(f"{key} AS k{n}" for n, key in enumerate(keys))
    names = [f"k{n}" for n, _ in enumerate(keys)]
    some = f"concat_ws(', ', {commas(f'k{n}::VARCHAR' for n, _ in enumerate(keys))})"
    grouped = (
        f"SELECT {commas(names)}, count(*) AS rows FROM (SELECT {columns} FROM {relations[alias]}) "
        f"WHERE {' AND '.join(f'{key} IS NOT NULL' for key in names)} "
        f"GROUP BY {commas(names)} HAVING count(*) > 1"
    )
    told = f"{some} || {literal(' (')} || rows || {literal(' rows)')}"
    return (
        f"SELECT count(*), coalesce(sum(rows), 0)::BIGINT, "
        f"(list({told} ORDER BY rows DESC, {commas(names)}))[:{EXAMPLES}] FROM ({grouped})"
    )
