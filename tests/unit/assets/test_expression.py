"""Expressions of rules: DuckDB's parser says what they are, and the list what they may be."""

import duckdb
import pytest

from dphub_assets.build.expression import Inadmissible, require_admissible
from tests import factories

COLUMNS = {"stage": "int", "name": "string", "day": "date", "seen": "timestamp", "ok": "bool"}
ENTITY = factories.admitted(columns=COLUMNS).spec.entity


def ask(text: str) -> None:
    with duckdb.connect() as connection:
        require_admissible(connection, text, ENTITY)


@pytest.mark.parametrize(
    "text",
    [
        "stage >= 0 AND day < DATE '2030-01-01'",
        "ok",
        "NOT ok OR name IS NULL",
        "stage IN (1, 2, 3) -- the usual ones",
        "name LIKE 'a%' AND length(name) BETWEEN 1 AND 5",
        "CASE WHEN ok THEN stage > 1 ELSE stage IS DISTINCT FROM 4 END",
        "coalesce(TRY_CAST(name AS INTEGER), 0) + 1 = abs(stage) % 3",
        "regexp_matches(name, '^[a-z]+$')",
        "extract(year FROM day) > 2000 AND date_part('hour', seen) < 12",
        "STAGE = 1 AND \"name\" = 'it''s; DROP TABLE x'",
        "day - INTERVAL 1 DAY < seen",
    ],
)
def test_a_condition_on_the_row_is_taken(text: str) -> None:
    ask(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stage IN (SELECT 1)", "subquery is not possible"),
        ("EXISTS (SELECT 1)", "subquery is not possible"),
        ("(SELECT count(*) FROM read_text('/etc/passwd')) > 0", "subquery is not possible"),
        ("stage = ALL (SELECT 1)", "subquery is not possible"),
        ("stage > 1) FROM read_text('/etc/passwd') --", "no SQL condition"),
        ("stage > 1) FROM published WHERE (true", "no SQL condition"),
        ("stage > 1), (true", "one condition is wanted"),
        ("stage > 1) OR (true", "no SQL condition"),
        ("stage > 1 /* why", r"no SQL condition: [^\n]*why$"),
        ("true) FROM published; SELECT (true", "one condition is wanted"),
        ("true) FROM published UNION SELECT (true", "one condition is wanted"),
        ("stage, name", "a condition is wanted"),
        ("sum(stage) OVER () > 1", "window is not possible"),
        ("count(*) > 1", "'count_star' is not possible"),
        ("max(stage) = 1", "'max' is not possible"),
        ("random() > 0.5", "'random' is not possible"),
        ("now() > seen", "'now' is not possible"),
        ("current_date > day", "'current_date' is no stored column"),
        ("getvariable('x') = 1", "'getvariable' is not possible"),
        ("nextval('s') = 1", "'nextval' is not possible"),
        ("repeat(name, 1000000000) = 'x'", "'repeat' is not possible"),
        ("uper(name) = 'A'", "did you mean 'upper'"),
        ("main.upper(name) = 'A'", "'upper' is not possible"),
        ("stag > 1", "did you mean 'stage'"),
        ("id = 'x'", "'id' is no stored column"),
        ("COLUMNS('a') = 1", "star is not possible"),
        ("$1 = 1", "parameter is not possible"),
        ("list_transform([1], lambda x: x + 1) = [2]", "list_transform"),
        ("stage +", "no SQL condition"),
        ("stage; SELECT 1", "no SQL condition"),
        ("stage + 1", "it is INTEGER; a condition is wanted"),
        ("name > 3 + day", "No function matches|Cannot"),
    ],
)
def test_anything_else_is_told(text: str, message: str) -> None:
    with pytest.raises(Inadmissible, match=message):
        ask(text)
