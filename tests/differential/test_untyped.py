"""Whatever stands in an option, it is refused, or DuckDB can say what it is."""

import random
from collections import Counter

import duckdb
import pytest

from dphub_serving.odata.errors import ODataError
from dphub_serving.rows.engine import BY_VALUES
from dphub_serving.sql.ordered import Sorted
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from tests.differential import filters, untyped
from tests.differential.test_filter import BATCH, CASES, load
from tests.differential.test_order import TABLE, asked

ALIASES = ["1", "'a'", "null", "[1]", "@p", '["a",null]']


def answer(database: duckdb.DuckDBPyConnection, options: dict[str, str]) -> str:
    try:
        query = asked(**options)
        page = compile_page(TABLE, query, Shape("Rows", type="@odata.type"))
        found = page.start(5).statement if isinstance(page, Sorted) else page.statement
        database.execute(found.text, found.params).fetchall()
    except ODataError as problem:
        return str(problem.status)
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        return "impossible"
    except duckdb.InvalidInputException as problem:
        if BY_VALUES.search(str(problem)):
            return "impossible"
        pytest.fail(f"{options}: {problem}")
    except duckdb.Error as problem:
        pytest.fail(f"{options}: {problem}")
    return "rows"


@pytest.mark.parametrize("batch", range(-(-CASES // BATCH)))
def test_no_expression_is_an_error_of_ours(batch: int) -> None:
    dice = random.Random(batch)
    answers = Counter[str]()
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        load(database, filters.rows(dice, 8))
        for _ in range(4 * BATCH):
            text = untyped.text(dice, dice.randint(1, 3))
            options = dice.choice(
                [{"filter": text}, {"orderby": text}, {"compute": f"{text} as c_", "orderby": "c_"}]
            )
            answers[answer(database, {**options, "@p": dice.choice(ALIASES)})] += 1
    assert answers.keys() <= {"rows", "impossible", "400", "501"}
    assert min(answers["rows"], answers["400"]) > 0
