"""`$expand`, any, all and `$count` over navigation against plain Python over the same rows:
composite keys, nulls, types, options."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product as combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import factories
from tests.unit.serving import related
from tests.unit.serving.conftest import Client, serving

Row = dict[str, Any]
WORDS = ["a", "B", "ä", "it's", None]
PAIR = [{"left": "n", "right": "m"}, {"left": "word", "right": "text"}]


def rows(seed: int, count: int, number: str, text: str) -> list[Row]:
    chance = random.Random(seed)
    return [
        {
            "id": place,
            number: chance.choice([1, 2, 3, None]),
            text: chance.choice(WORDS),
            "price": chance.choice([1.5, 2.0, 3.25, None]),
        }
        for place in range(count)
    ]


PARENTS, CHILDREN = rows(1, 40, "n", "word"), rows(2, 120, "m", "text")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    root = tmp_path_factory.mktemp("expand")
    # Numbers on the other side have two decimals, of which some are none of ours.
    for place in range(0, len(CHILDREN), 7):
        if CHILDREN[place]["m"] is not None:
            CHILDREN[place]["m"] += 0.25
    numbers = [None if r["m"] is None else Decimal(r["m"]) for r in CHILDREN]
    kind = pl.Series("m", numbers, dtype=pl.Decimal(9, 2))
    pl.DataFrame(PARENTS).write_parquet(root / "parents.parquet")
    pl.DataFrame(CHILDREN, strict=False).with_columns(kind).write_parquet(root / "children.parquet")
    columns = {"id": "long", "price": "double"}
    parents = related.leading(
        factories.product(
            "parents", sources=["parents"], columns={**columns, "n": "long", "word": "string"}
        ),
        related.way("same", "children", "n", "m", "many") | {"keys": PAIR},
        related.way("first", "children", "n", "m", "zeroOrOne"),
    )
    children = related.leading(
        factories.product(
            "children",
            sources=["children"],
            columns={**columns, "m": "decimal(9,2)", "text": "string"},
        ),
        related.way("back", "parents", "m", "n", "many"),
    )
    related.publish_only(root, parents, children)
    with serving(root / "home") as started:
        yield started


def meets(parent: Row, child: Row) -> bool:
    pairs = [(parent["n"], child["m"]), (parent["word"], child["text"])]
    return all(left is not None and left == right for left, right in pairs)


def lowest_first(row: Row) -> tuple[bool, float]:
    return row["price"] is not None, row["price"] or 0.0


ORDERS: dict[str, Callable[[list[Row]], list[Row]]] = {
    "": lambda found: found,
    "$orderby=price": lambda found: sorted(found, key=lowest_first),
    "$orderby=price desc": lambda found: sorted(found, key=lowest_first, reverse=True),
}
FILTERS: dict[str, Callable[[Row], bool]] = {
    "": lambda _: True,
    "$filter=price gt 1.5": lambda row: row["price"] is not None and row["price"] > 1.5,
    "$filter=text eq 'it''s' or price eq null": lambda row: (
        row["text"] == "it's" or row["price"] is None
    ),
}


@pytest.mark.parametrize(("order", "kept"), [*combinations(ORDERS, FILTERS)])
@pytest.mark.parametrize(("skip", "top"), [(0, None), (1, 2), (2, None), (0, 1)])
def test_the_rows_that_plain_python_finds(
    client: Client, order: str, kept: str, skip: int, top: int | None
) -> None:
    options = [
        order,
        kept,
        f"$skip={skip}",
        "$count=true",
        *([] if top is None else [f"$top={top}"]),
    ]
    expand = f"same({';'.join(filter(None, options))})"
    answer = client.get(f"/odata/parents/Order?$expand={expand}")
    assert answer.status_code == 200, answer.text
    for parent, found in zip(PARENTS, answer.json()["value"], strict=True):
        every = [child for child in CHILDREN if meets(parent, child) and FILTERS[kept](child)]
        # What ties lies as it is stored, in either direction: `sorted` is stable.
        ordered = [row["id"] for row in ORDERS[order](every)]
        wanted = ordered[skip : None if top is None else skip + top]
        assert [row["id"] for row in found["same"]] == wanted
        assert found["same@odata.count"] == len(every)


def test_one_of_several_is_the_first(client: Client) -> None:
    found = client.get("/odata/parents/Order?$expand=first").json()["value"]
    for parent, row in zip(PARENTS, found, strict=True):
        ids = [c["id"] for c in CHILDREN if parent["n"] is not None and c["m"] == parent["n"]]
        assert (row["first"] and row["first"]["id"]) == (ids[0] if ids else None)


def test_a_fraction_equals_no_whole_number(client: Client) -> None:
    found = client.get("/odata/children/Order?$expand=back").json()["value"]
    for child, row in zip(CHILDREN, found, strict=True):
        ids = [p["id"] for p in PARENTS if p["n"] is not None and p["n"] == child["m"]]
        assert [each["id"] for each in row["back"]] == ids


def test_a_decimal_of_any_length_is_compared_exactly(tmp_path: Path) -> None:
    """28 digits are what Python's decimals have unless told otherwise."""
    numbers = [Decimal("1"), Decimal("2.5"), Decimal("12345678901234567890123456789012.123456")]
    wide = pl.DataFrame({"id": numbers}, schema={"id": pl.Decimal(38, 6)})
    wide.write_parquet(tmp_path / "wide.parquet")
    document = factories.product("wide", sources=["wide"], columns={"id": "decimal(38,6)"})
    wide_ways = [
        related.way("same", "wide", "id", "id", "many"),
        related.way("whole", "whole", "id", "id", "many"),
    ]
    pl.DataFrame({"id": [1, 2, 3]}).write_parquet(tmp_path / "whole.parquet")
    whole = factories.product("whole", sources=["whole"], columns={"id": "long"})
    related.publish_only(tmp_path, related.leading(document, *wide_ways), related.leading(whole))
    with serving(tmp_path / "home") as client:
        found = client.get("/odata/wide/Order?$expand=same,whole").json()["value"]
        assert [len(row["same"]) for row in found] == [1, 1, 1]
        assert [len(row["whole"]) for row in found] == [1, 0, 0]


def over(row: Row, least: float | None) -> bool:
    return row["price"] is not None and least is not None and row["price"] > least


Of = Callable[[Row, list[Row]], bool]
CONDITIONS: dict[str, Of] = {
    "same/any()": lambda _, found: bool(found),
    "not same/any()": lambda _, found: not found,
    "same/any(c:c/price gt 1.5)": lambda _, found: any(over(c, 1.5) for c in found),
    "not same/any(c:c/price gt 1.5)": lambda _, found: not any(over(c, 1.5) for c in found),
    "same/all(c:c/price gt 1.5)": lambda _, found: all(over(c, 1.5) for c in found),
    "same/any(c:c/price eq null)": lambda _, found: any(c["price"] is None for c in found),
    "same/any(c:c/price gt price)": lambda p, found: any(over(c, p["price"]) for c in found),
    "same/all(c:c/price gt price or c/id gt 60)": lambda p, found: all(
        over(c, p["price"]) or c["id"] > 60 for c in found
    ),
    "same/any(c:c/price add 1 gt 2.5)": lambda _, found: any(over(c, 1.5) for c in found),
    "first/price gt 1.5": lambda _, found: bool(found) and over(found[0], 1.5),
    "same/$count gt 2": lambda _, found: len(found) > 2,
    "same/$count($filter=price gt 1.5) eq 1": lambda _, found: (
        sum(over(c, 1.5) for c in found) == 1
    ),
    "same/$filter(price gt 1.5)/any(c:c/id gt 60)": lambda _, found: any(
        over(c, 1.5) and c["id"] > 60 for c in found
    ),
}
# What is said of a text that may be null: `not` of it is null, and so not true of all.
ANY_TEXT = "back/any(p:contains(p/word,'a'))"
ALL_TEXT = "back/all(p:contains(p/word,'a'))"
NOT_TEXT = "back/any(p:not contains(p/word,'a'))"


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_said_of_members(client: Client, condition: str) -> None:
    answer = client.get(f"/odata/parents/Order?$select=id&$filter={condition}")
    assert answer.status_code == 200, answer.text

    def true_of(parent: Row) -> bool:
        if condition.startswith("first"):
            same = [c for c in CHILDREN if parent["n"] is not None and parent["n"] == c["m"]]
        else:
            same = [child for child in CHILDREN if meets(parent, child)]
        return CONDITIONS[condition](parent, same)

    wanted = [parent["id"] for parent in PARENTS if true_of(parent)]
    assert [row["id"] for row in answer.json()["value"]] == wanted


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (ANY_TEXT, lambda words: any(word is not None and "a" in word for word in words)),
        (ALL_TEXT, lambda words: all(word is not None and "a" in word for word in words)),
        (NOT_TEXT, lambda words: any(word is not None and "a" not in word for word in words)),
    ],
)
def test_what_is_null_is_true_of_none(
    client: Client, condition: str, said: Callable[[list[str | None]], bool]
) -> None:
    answer = client.get(f"/odata/children/Order?$select=id&$filter={condition}")
    assert answer.status_code == 200, answer.text
    wanted = []
    for child in CHILDREN:
        words = [p["word"] for p in PARENTS if p["n"] is not None and p["n"] == child["m"]]
        wanted += [child["id"]] if said(words) else []
    assert [row["id"] for row in answer.json()["value"]] == wanted
