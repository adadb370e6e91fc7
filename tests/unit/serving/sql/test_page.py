"""Which way a page is found, and that "behind this row" means it for every order."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dphub_serving.odata import numbers
from dphub_serving.odata.bound import Column
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.query import Order, Query
from dphub_serving.odata.token import AfterRow, AtRow
from dphub_serving.sql import keyset
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.ordered import Sorted
from dphub_serving.sql.page import Page, Range, compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.spelling import MOST_ROWS
from dphub_serving.sql.table import Table
from tests.lake_factory import product

COLUMNS = {"a": "string", "b": "int"}


def table(**more: Any) -> Table:
    entity = product(COLUMNS, **more).spec.entity
    return Table(
        rows_file="rows.parquet",
        index_file=None,
        rows=100,
        types={column.name: column.kind for column in entity.columns},
        complete=frozenset({"b"}),
        storage_order=tuple(column.name for column in entity.storage_order),
        key=entity.key_column,
        recipe=entity.recipe(),
    )


def query(known: Table, *order: str, select: str = "b", **more: Any) -> Query:
    properties = tuple(Property(name, kind) for name, kind in known.types.items())
    entity_type = EntityType("n", "Row", (known.key,), properties)
    orders = [each.partition(" ") for each in order]
    return Query(
        type=entity_type,
        select=tuple(found for name in select.split(",") if (found := entity_type.find(name))),
        selected=None,
        order=tuple(
            Order(Column(found, numbers.of_property(found)), bool(descending))
            for name, _, descending in orders
            if (found := entity_type.find(name))
        ),
        **{"skip": 0, "top": None, "page": 10, "count": False, **more},
    )


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ((), Range),
        (("a",), Range),
        (("a", "b"), Range),
        (("a desc",), Range),
        (("a desc", "b desc"), Range),
        (("b",), Sorted),
        (("a", "b desc"), Sorted),
        (("b", "a"), Sorted),
        (("id",), Sorted),
        (("a", "b", "id"), Sorted),
    ],
)
def test_the_stored_order_is_a_range_of_positions(order: tuple[str, ...], kind: type) -> None:
    known = table()
    assert type(compile_page(known, query(known, *order), Shape("Rows"))) is kind


def test_what_comes_behind_a_declared_key_decides_nothing() -> None:
    known = table(key="a", generated=None)
    assert isinstance(compile_page(known, query(known, "a", "b desc"), Shape("Rows")), Range)


def text_of(page: Page) -> str:
    return page.rest(10).text if isinstance(page, Sorted) else page.statement.text


def test_a_range_has_its_place_as_parameters() -> None:
    known = table()
    page = compile_page(known, query(known, skip=30), Shape("Rows"))
    assert isinstance(page, Range)
    assert page.statement.text == (
        'SELECT to_json(struct_pack("b" := "b"))::VARCHAR FROM (SELECT "b" FROM '
        "read_parquet('rows.parquet', file_row_number = true)"
        " WHERE file_row_number >= ? LIMIT ?)"
    )
    assert page.statement.params == (30, 10)
    assert page.cursor(10, []) == AtRow(40)


def test_a_range_from_behind_counts_from_behind() -> None:
    known = table()
    asked = query(known, "a desc", cursor=AtRow(95))
    page = compile_page(known, asked, Shape("Rows"))
    assert isinstance(page, Range)
    assert page.statement.params == (0, 5)
    assert page.cursor(5, []) is None


@pytest.mark.parametrize("page", [MOST_ROWS, MOST_ROWS + 1])
def test_only_what_was_asked_is_read(page: int) -> None:
    known = table()
    plain = compile_page(known, query(known, "a desc", "b", page=page), Shape("Rows"))
    named = compile_page(known, query(known, page=page), Shape("Rows", "@id"))
    assert "_ordinal" not in text_of(plain)
    assert "_ordinal" in text_of(named)


@pytest.mark.parametrize(("select", "spelled"), [("id", True), ("id,a", True), ("a,id", False)])
def test_python_spells_the_keys_of_small_pages_that_rows_begin_with(
    select: str, spelled: bool
) -> None:
    known = table()
    for page, found in ((MOST_ROWS, spelled), (MOST_ROWS + 1, False)):
        text = text_of(compile_page(known, query(known, select=select, page=page), Shape("Rows")))
        assert ("url_encode" not in text) is found


def test_a_key_is_made_once_per_row() -> None:
    known = table()
    page = compile_page(known, query(known, select="id", page=MOST_ROWS + 1), Shape("Rows"))
    assert text_of(page).count("url_encode") == 1


def test_long_texts_stay_at_home() -> None:
    assert keyset.cursor(["x" * 501, "y", None, 7]) == (keyset.AT_HOME, "y", None, 7)
    many = keyset.cursor(["電" * 160] * 5 + ["y", None, 7])
    assert many == (*["電" * 160] * 4, keyset.AT_HOME, "y", None, 7)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    with duckdb.connect() as database:
        database.execute(
            f"""COPY (SELECT CASE WHEN i % 4 > 0 THEN (i * 7) % 5 END AS x,
                      CASE WHEN i % 3 > 0 THEN 't' || (i % 4) END AS y FROM range(60) t(i)
                     ) TO '{file}' (FORMAT parquet)"""
        )
    return f"read_parquet('{file}', file_row_number = true)"


@given(
    directions=st.tuples(st.booleans(), st.booleans()),
    names=st.sampled_from([("x",), ("y",), ("x", "y"), ("y", "x")]),
    place=st.integers(0, 59),
    at_home=st.booleans(),
)
def test_behind_a_row_is_the_rest_of_the_order(
    source: str,
    directions: tuple[bool, bool],
    names: tuple[str, ...],
    place: int,
    at_home: bool,
) -> None:
    stored = {"x": "BIGINT", "y": "VARCHAR"}
    terms = [
        keyset.Term(f'"{name}"', descending, stored[name], complete=False)
        for name, descending in zip(names, directions, strict=False)
    ]
    by = ", ".join([*(term.ordering() for term in terms), "file_row_number"])
    texts = ", ".join(f"{term.sql}::VARCHAR" for term in terms)
    with duckdb.connect() as database:
        whole = database.execute(
            f"SELECT {texts}, file_row_number FROM {source} ORDER BY {by}"
        ).fetchall()
        values = keyset.cursor(whole[place])
        if at_home:
            values = tuple(True if isinstance(each, str) else each for each in values)
        rest = []
        for (condition, params), order in (
            (keyset.ties(terms, values, Fragment(source)), "file_row_number"),
            (keyset.beyond(terms, values, Fragment(source)), by),
        ):
            text = f"SELECT {texts}, file_row_number FROM {source} WHERE {condition}"
            rest += database.execute(f"{text} ORDER BY {order}", params).fetchall()
    assert rest == whole[place + 1 :]


@pytest.mark.parametrize("values", [(1, 2), (True, "x"), ("x", "y", 5), (None, True), ("", -1)])
def test_a_forged_place_never_fails(source: str, values: tuple[Any, ...]) -> None:
    known = table()
    asked = query(known, "b", cursor=AfterRow(values))
    page = compile_page(known, asked, Shape("Rows"))
    assert isinstance(page, Sorted)
    assert page.ties is not None
    with duckdb.connect() as database:
        for statement in (page.ties, page.rest(10)):
            text = statement.text.replace(known.source(), source).replace('"b"', '"x"')
            database.execute(text, statement.params).fetchall()
