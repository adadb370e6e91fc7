"""Lists and structs of any depth: what is served is what the source has."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.build.errors import CastFailed
from tests import build_products
from tests.build_products import examples
from tests.unit.serving.conftest import serving


@dataclass(frozen=True)
class Kind:
    """A declared type, its Arrow type, its values, and a value as OData has it in JSON."""

    declared: str
    arrow: pa.DataType
    values: st.SearchStrategy[Any]


SCALARS = [
    Kind("string", pa.string(), st.text(st.characters(codec="utf-8"), max_size=4)),
    Kind("int", pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    Kind("long", pa.int64(), st.integers(-(2**53), 2**53)),
    Kind("bool", pa.bool_(), st.booleans()),
    Kind("double", pa.float64(), st.floats(-1e6, 1e6).map(lambda value: value + 0.0)),
    Kind("date", pa.date32(), st.dates()),
]


def listed(inner: Kind) -> Kind:
    values = st.lists(st.none() | inner.values, max_size=3)
    return Kind(f"list<{inner.declared}>", pa.list_(inner.arrow), values)


def packed(inner: list[Kind]) -> Kind:
    fields = {f"f{n}": kind for n, kind in enumerate(inner)}
    return Kind(
        f"struct<{','.join(f'{name}:{kind.declared}' for name, kind in fields.items())}>",
        pa.struct([(name, kind.arrow) for name, kind in fields.items()]),
        st.fixed_dictionaries({name: st.none() | kind.values for name, kind in fields.items()}),
    )


scalars = st.sampled_from(SCALARS)


def deeper(inner: st.SearchStrategy[Kind], most: int = 3) -> st.SearchStrategy[Kind]:
    structs = st.lists(inner, min_size=1, max_size=most).map(packed)
    unlisted = inner.filter(lambda kind: not kind.declared.startswith("list"))
    return structs | unlisted.map(listed)


nested = deeper(scalars) | deeper(deeper(scalars)) | deeper(deeper(deeper(scalars)), 2)


@st.composite
def columns(draw: st.DrawFn) -> tuple[Kind, list[Any]]:
    kind = draw(nested)
    return kind, draw(st.lists(st.none() | kind.values, max_size=4))


def expected(value: Any, kind: pa.DataType) -> Any:
    """As OData has it: a null list is an empty one, a date is a text."""
    if pa.types.is_list(kind):
        return [expected(item, kind.value_type) for item in value or []]
    if pa.types.is_struct(kind) and value is not None:
        return {field.name: expected(value[field.name], field.type) for field in kind}
    return value.isoformat() if pa.types.is_date(kind) and value is not None else value


@examples
@given(columns())
def test_what_is_served_is_what_the_source_has(made: tuple[Kind, list[Any]]) -> None:
    kind, values = made
    frame = pa.table(
        {"n": pa.array(range(len(values)), pa.int64()), "v": pa.array(values, kind.arrow)}
    )
    with tempfile.TemporaryDirectory() as folder:
        said = {"n": "long", "v": kind.declared}
        builder, snapshot = build_products.built(Path(folder), {"s": frame}, columns=said)
        assert all(verdict.passed for verdict in snapshot.document.verdicts[:3])
        table = pl.read_delta(builder.lake.uri("orders"))
        assert sorted(table["n"]) == list(range(len(values)))
        with serving(Path(folder) / "home") as client:
            found = client.get("/odata/orders?$count=true").json()["value"]
            assert client.get("/odata/orders/$metadata").status_code == 200
            got = {row["n"]: row["v"] for row in found}
            assert got == {n: expected(value, kind.arrow) for n, value in enumerate(values)}
            for row in found[:1]:
                assert row["id"].startswith("_x")
                one = client.get(f"/odata/orders('{row['id']}')").json()
                assert (one["n"], one["v"]) == (row["n"], row["v"])


def test_a_leaf_that_does_not_fit_is_named() -> None:
    frame = pa.table({"v": [[{"a": 1.0}, {"a": 1.5}]]})
    with tempfile.TemporaryDirectory() as folder, pytest.raises(CastFailed, match=r"1\.5.*list<"):
        build_products.built(Path(folder), {"s": frame}, columns={"v": "list<struct<a:int>>"})


def test_a_text_of_json_becomes_a_struct() -> None:
    texts = ['{"a": 1, "b": [true]}', None]
    frame = pa.table({"v": pa.array(texts, pa.string())})
    with tempfile.TemporaryDirectory() as folder:
        said = {"v": "struct<a:int,b:list<bool>>"}
        builder, snapshot = build_products.built(Path(folder), {"s": frame}, columns=said)
        rows = build_products.stored(builder, snapshot)
        assert rows == [(None, 0), ({"a": 1, "b": [True]}, 0)]


def test_what_is_null_in_every_row_can_be_of_any_type() -> None:
    frame = pa.table({"a": pa.nulls(2), "b": pa.nulls(2)})
    with tempfile.TemporaryDirectory() as folder:
        said = {"a": "date", "b": "list<int>"}
        builder, snapshot = build_products.built(Path(folder), {"s": frame}, columns=said)
        assert build_products.stored(builder, snapshot) == [(None, None, 0), (None, None, 1)]


def test_metadata_names_every_struct_once() -> None:
    kind = "list<struct<a:int,b_c:struct<d:int>>>"
    frame = pa.table({"v": pa.array([[{"a": 1, "b_c": {"d": 2}}]]), "v_b": [{"c": {"d": 1}}]})
    said = {"v": kind, "v_b": "struct<c:struct<d:int>>"}
    with tempfile.TemporaryDirectory() as folder:
        build_products.built(Path(folder), {"s": frame}, columns=said)
        with serving(Path(folder) / "home") as client:
            header = {"Accept": "application/json"}
            found = json.loads(client.get("/odata/orders/$metadata", header).text)["orders"]
            refused = client.get("/odata/orders/Order?$orderby=v").json()["error"]
    assert found["Order"]["v"] == {
        "$Collection": True,
        "$Type": "orders.Order_v",
        "$Nullable": True,
    }
    assert found["Order_v"]["b_c"]["$Type"] == "orders.Order_v_b_c"
    assert found["Order"]["v_b"]["$Type"] == "orders.Order_v_b"
    assert found["Order_v_b"]["c"]["$Type"] == "orders.Order_v_b_c_"
    assert "'v'" in refused["message"]
