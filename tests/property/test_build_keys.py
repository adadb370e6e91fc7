"""Generated keys over the files that a build writes, for any rows."""

import datetime as dt
import decimal
import hashlib
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dphub_assets.build import sql
from dphub_k8s.api import keys
from tests import build_products, factories
from tests.build_products import examples

SEPARATORS = "~_%/'\" \\\n\r\t\0.-+&#?;,=é\u00a0\u202e\u4e2d\U0001f600"
UNRESERVED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Kind:
    """A declared type, how a source has it, and how a key prints a value of it."""

    declared: str
    arrow: pa.DataType
    values: st.SearchStrategy[Any]
    text: Callable[[Any], str] = str
    stored: Callable[[Any], Any] = lambda value: value


def _number(value: float) -> str:
    return "nan" if value != value else repr(value + 0.0)


def _moment(value: dt.datetime | dt.time) -> str:
    text = value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    text = text.removesuffix("+00:00")
    return text.rstrip("0") if "." in text else text


texts = st.one_of(st.text(st.sampled_from("ab" + SEPARATORS), max_size=4), st.text(max_size=8))
doubles = st.one_of(st.sampled_from([-0.0, 0.0, 1e300, 5e-324, 1e22, 0.1, 1e-5]), st.floats())
KINDS = [
    Kind("string", pa.string(), texts),
    Kind("int", pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    Kind("long", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    Kind("ubyte", pa.uint8(), st.integers(0, 255)),
    Kind("ulong", pa.uint64(), st.integers(0, 2**64 - 1), stored=decimal.Decimal),
    Kind("double", pa.float64(), doubles, _number, lambda value: value + 0.0),
    Kind("float", pa.float32(), st.sampled_from([-0.0, 0.5, float("nan"), float("-inf")]), _number),
    Kind("bool", pa.bool_(), st.booleans(), lambda value: str(value).lower()),
    Kind("date", pa.date32(), st.dates(), dt.date.isoformat),
    Kind(
        "decimal(12,3)",
        pa.decimal128(12, 3),
        st.decimals(-(10**8), 10**8, places=3),
        lambda value: format(abs(value) if value == 0 else value, "f"),
    ),
    Kind(
        "timestamp",
        pa.timestamp("us", tz="UTC"),
        st.datetimes(timezones=st.just(dt.UTC)),
        _moment,
    ),
    Kind(
        "timestamp",
        pa.timestamp("us"),
        st.datetimes(),
        _moment,
        lambda value: value.replace(tzinfo=dt.UTC),
    ),
    Kind("binary", pa.binary(), st.binary(max_size=5), lambda value: value.hex().upper()),
    Kind("uuid", pa.string(), st.uuids().map(str)),
    Kind("time", pa.time64("us"), st.times(), _moment, _moment),
    Kind("json", pa.string(), st.sampled_from(['{"a": "~_é"}', "1", '[ "\\u0000" ]'])),
]


@dataclass(frozen=True)
class Table:
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[Any, ...], ...]

    def arrow(self, rows: tuple[tuple[Any, ...], ...] | None = None) -> pa.Table:
        columns = list(zip(*(self.rows if rows is None else rows), strict=True))
        columns = columns or [()] * len(self.kinds)
        arrays = [
            pa.array(values, kind.arrow) for values, kind in zip(columns, self.kinds, strict=True)
        ]
        return pa.table(arrays, [f"c{n}" for n, _ in enumerate(self.kinds)])

    def columns(self) -> dict[str, str]:
        return {f"c{n}": kind.declared for n, kind in enumerate(self.kinds)}

    def key_parts(self, row: tuple[Any, ...]) -> tuple[str | None, ...]:
        return tuple(
            None if value is None else kind.text(value)
            for value, kind in zip(row, self.kinds, strict=True)
        )

    def texts(self) -> list[str]:
        """The key texts, by the Python twin of the recipe."""
        seen: Counter[tuple[str | None, ...]] = Counter()
        found = []
        for row in self.rows:
            parts = self.key_parts(row)
            found.append(keys.encode(parts, seen[parts]))
            seen[parts] += 1
        return found


@st.composite
def tables(draw: st.DrawFn, most: int = 8) -> Table:
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)))
    row = st.tuples(*(st.none() | kind.values for kind in kinds))
    rows = draw(st.lists(row, max_size=most))
    if rows:
        rows += draw(st.lists(st.sampled_from(rows), max_size=4))
    return Table(kinds, tuple(draw(st.permutations(rows))))


def key_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text if len(text) <= keys.LONGEST else f"{keys.DIGEST}{digest}"


@dataclass(frozen=True)
class Built:
    """The published keys and values, in the order of rows, and the positions in the key index;
    `spelled` are the keys that Python makes of what DuckDB prints."""

    keys: list[Any]
    spelled: list[str]
    rows: list[tuple[Any, ...]]
    index: list[tuple[Any, int]] | None
    digest: str


def build(table: pa.Table, columns: dict[str, str], key: str = "string", **options: Any) -> Built:
    generated = {"id": {"type": key, "generated": True}}
    product = factories.admitted(sources=["s"], columns={**generated, **columns})
    with tempfile.TemporaryDirectory() as folder:
        build_products.write(Path(folder), {"s": table}, **options)
        written = build_products.files_only(Path(folder), product)
        recipe = product.spec.entity.recipe()
        assert recipe
        made = f"{recipe.key_sql()}" if key == "string" else "id"
        values = ", ".join([*columns, keys.ORDINAL])
        found = build_products.query(f"SELECT {made}, {values} FROM '{written.file}'")
        printed = build_products.query(
            f"SELECT {', '.join(recipe.texts_sql())} FROM '{written.file}'"
        )
        index = build_products.query(f"FROM '{written.index}'") if written.index else None
    spelled = recipe.spelled(list(zip(*printed, strict=True)) or [()] * (len(columns) + 1))
    rows = [row[1:] for row in found]
    return Built([row[0] for row in found], spelled, rows, index, written.rows.digest)


@examples
@given(tables())
@example(Table((KINDS[0], KINDS[0]), (("a~b", "c"), ("a", "b~c"), ("_", None), (None, ""))))
@example(Table((KINDS[5],), ((float("nan"),), (-0.0,), (0.0,), (float("inf"),), (1e300,))))
@example(Table((KINDS[0],), (("ä" * 40,), ("ä" * 40,), ("b" * 198,), ("b" * 199,))))
def test_keys_are_those_of_the_twin_and_name_their_rows(table: Table) -> None:
    found = build(table.arrow(), table.columns())
    assert sorted(found.keys) == sorted(map(key_of, table.texts()))
    assert found.spelled == found.keys
    assert len(set(found.keys)) == len(table.rows)
    assert all(UNRESERVED.issuperset(key) for key in found.keys)


@examples
@given(tables())
def test_a_spelled_key_decodes_to_its_row(table: Table) -> None:
    columns = table.columns()
    found = build(table.arrow(), columns)
    recipe = factories.admitted(sources=["s"], columns=columns).spec.entity.recipe()
    assert recipe
    for key, row in zip(found.keys, found.rows, strict=True):
        if not recipe.is_digest(key):
            assert same(recipe.decode(key), row)


def same(decoded: tuple[Any, ...] | None, row: tuple[Any, ...]) -> bool:
    return decoded is not None and all(
        one == other or (one != one and other != other)
        for one, other in zip(decoded, row, strict=True)
    )


@examples
@given(tables(), st.randoms(use_true_random=False))
def test_a_rewritten_source_changes_no_byte(table: Table, random: Any) -> None:
    rows = list(table.rows)
    random.shuffle(rows)
    before = build(table.arrow(), table.columns())
    options: dict[str, Any] = {"row_group_size": 2, "compression": "gzip", "use_dictionary": False}
    after = build(table.arrow(tuple(rows)), table.columns(), **options)
    assert (after.digest, after.keys) == (before.digest, before.keys)


@examples
@given(tables(), st.data())
def test_another_row_changes_no_key(table: Table, data: st.DataObject) -> None:
    more = data.draw(st.tuples(*(st.none() | kind.values for kind in table.kinds)))
    before = build(table.arrow(), table.columns())
    after = build(table.arrow((*table.rows, more)), table.columns())
    assert set(before.keys) < set(after.keys)
    assert len(after.keys) == len(before.keys) + 1


@examples
@given(tables())
@example(Table((KINDS[0],), tuple((character * 70,) for character in "é~a")))
def test_digests_are_in_the_index_with_their_position(table: Table) -> None:
    found = build(table.arrow(), table.columns())
    digests = [(key, n) for n, key in enumerate(found.keys) if key.startswith(keys.DIGEST)]
    assert sorted(digests) == (found.index or [])


@examples
@pytest.mark.parametrize("key", ["long", "int", "uuid"])
@given(tables())
def test_stored_keys_are_unique_and_in_the_index(key: str, table: Table) -> None:
    found = build(table.arrow(), table.columns(), key)
    assert found.index == sorted((made, n) for n, made in enumerate(found.keys))
    twin = [hashlib.sha256(text.encode()).hexdigest() for text in table.texts()]
    if key == "uuid":
        assert sorted(found.keys) == sorted(map(_uuid_of, twin))
        assert all(uuid.UUID(made).version == 8 for made in found.keys)
    else:
        assert sorted(found.keys) == sorted(int(digest[:16], 16) >> 1 for digest in twin)


def _uuid_of(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


@examples
@given(tables(most=4), tables(most=4), st.sampled_from(["inner", "left", "right", "full"]))
def test_ranked_and_carried_rows_are_the_same_file(left: Table, right: Table, how: str) -> None:
    matches = [n % 3 or None for n, _ in enumerate(left.rows)]
    others = [n % 2 or None for n, _ in enumerate(right.rows)]
    frames = {
        "a": left.arrow().append_column("k", pa.array(matches, pa.int32())),
        "b": right.arrow().append_column("k", pa.array(others, pa.int32())),
    }
    columns = {
        f"{alias}{n}": {"type": kind.declared, "source": f"{alias}.c{n}"}
        for alias, table in (("b", right), ("a", left))
        for n, kind in enumerate(table.kinds)
    }
    joins = [{"left": "a", "right": "b", "on": ["k"], "how": how}]
    product = factories.admitted(sources=["a", "b"], columns=columns, joins=joins)
    with tempfile.TemporaryDirectory() as folder:
        build_products.write(Path(folder), frames)
        ranked = build_products.files_only(Path(folder), product)
        with patch.object(sql, "RANK_ROWS", -1):
            carried = build_products.files_only(Path(folder), product)
    assert carried.rows == ranked.rows
    assert carried.index_file == ranked.index_file
