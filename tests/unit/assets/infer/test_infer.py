"""What is drafted is admitted, is built as it is, and loses nothing."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dphub_assets.infer import command
from dphub_assets.sources.errors import SourceError
from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.settings import Settings
from tests import build_products


def drafted(root: Path, *files: str) -> tuple[str, dict[str, Any]]:
    """The text, and the spec that it has."""
    settings = Settings.read({"DPHUB_HOME": str(root / "home"), "DPHUB_DATA_ROOT": str(root)})
    text = command.infer([str(root / file) for file in files], None, settings)
    (written,) = documents.parse(text, "-")
    return text, written.document["spec"]


def rows(root: Path, text: str) -> list[tuple[Any, ...]]:
    """What a build of it publishes, sorted, without ordinals."""
    (written,) = documents.parse(text, "-")
    made = build_products.builder(root)
    snapshot = build_products.build(made, admit(written.document))
    assert all(verdict.passed for verdict in snapshot.document.verdicts if verdict.blocking)
    entity = snapshot.document.spec.spec.entity
    found = build_products.stored(made, snapshot)
    return sorted((row[: len(entity.stored)] for row in found), key=str)


def types(spec: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["type"] for column in spec["entity"]["columns"]}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-20", "0"], "long"),
        (["1", "007"], "string"),
        (["1", "+5"], "string"),
        (["1", " 2"], "string"),
        (["9223372036854775807", "9223372036854775808"], "decimal(38,0)"),
        (["1" * 45, "2" * 45], "string"),
        (["12.50", "3", "-0.125"], "decimal(18,3)"),
        (["123456789012345678.25", "1"], "decimal(38,2)"),
        (["3.14159265358979", "1e-7"], "double"),
        (["0.12345678901234567890"], "string"),
        (["NaN", "1.5"], "string"),
        (["true", "FALSE"], "bool"),
        (["yes", "no"], "string"),
        (["0", "1"], "long"),
        (["2024-02-29", "0001-01-01"], "date"),
        (["2023-02-29"], "string"),
        (["2024-02-29T10:00:00Z", "2024-02-29 10:00:00.25+02:00"], "timestamp"),
        (["2024-02-29T25:00:00Z"], "string"),
        (["10:00", "23:59:59.5"], "time"),
        (["00000000-0000-4000-8000-00000000000A"], "uuid"),
        (["", ""], "string"),
        (["", "5"], "long"),
    ],
)
def test_texts_are_of_a_type_that_each_is_written_as(
    tmp_path: Path, values: list[str], kind: str
) -> None:
    pl.DataFrame({"n": range(len(values)), "v": values}).write_csv(tmp_path / "a.csv")
    text, spec = drafted(tmp_path, "a.csv")
    assert types(spec)["v"] == kind
    assert len(rows(tmp_path, text)) == len(values)


def test_wide_files_are_read_some_columns_at_a_time(tmp_path: Path) -> None:
    texts = {"long": "7", "date": "2024-02-29", "bool": "true", "string": "a"}
    wide = {f"c{n}": list(texts)[n % 4] for n in range(150)}
    pl.DataFrame({name: [texts[kind]] for name, kind in wide.items()}).write_csv(tmp_path / "a.csv")
    text, spec = drafted(tmp_path, "a.csv")
    assert types(spec) == {"id": "string", **wide}
    ((first, second, third, fourth, *rest),) = rows(tmp_path, text)
    assert (first, second, third, fourth) == (7, dt.date(2024, 2, 29), True, "a")
    assert len(rest) == len(wide) - 4


def test_what_comes_after_the_sample_counts(tmp_path: Path) -> None:
    texts = [*map(str, range(20_000)), "007", *[""] * 5]
    pl.DataFrame({"v": texts, "late": [*[""] * 20_005, "1.5"]}).write_csv(tmp_path / "a.csv")
    _, spec = drafted(tmp_path, "a.csv")
    assert types(spec) == {"id": "string", "v": "string", "late": "decimal(18,1)"}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    struct = pa.struct([("x", pa.int32()), ("tags", pa.list_(pa.string()))])
    utc = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    columns = {
        "amount": pa.array([Decimal("1.50"), None], pa.decimal128(18, 2)),
        "big": pa.array([2**64 - 1, 1], pa.uint64()),
        "at": pa.array([utc, None], pa.timestamp("us", "UTC")),
        "local": pa.array([dt.datetime(2024, 1, 1), None], pa.timestamp("ms")),
        "day": pa.array([dt.date(2024, 1, 1), None]),
        "flag": pa.array([True, None]),
        "raw": pa.array([b"\xff", None]),
        "where": pa.array([{"x": 1, "tags": ["a"]}, None], struct),
        "odd": pa.array([{"a b": 1}, None], pa.struct([("a b", pa.int8())])),
        "lists": pa.array([[[1]], None], pa.list_(pa.list_(pa.int8()))),
        "pairs": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())),
        "nothing": pa.nulls(2),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    text, spec = drafted(tmp_path, "a.parquet")
    assert types(spec) == {
        "id": "string",
        "amount": "decimal(18,2)",
        "big": "ulong",
        "at": "timestamp",
        "local": "timestamp",
        "day": "date",
        "flag": "bool",
        "raw": "binary",
        "where": "struct<x:int,tags:list<string>>",
        "odd": "json",
        "lists": "json",
        "pairs": "json",
        "nothing": "string",
    }
    assert "# Open: a.nothing has no values: its type is a guess\n" in text
    assert len(rows(tmp_path, text)) == 2


def test_awkward_names_become_identifiers(tmp_path: Path) -> None:
    found = ["Straße", "net price (€)", "2024", "", "a-b", "a b", "_ordinal", "on", "Case", "²"]
    header = ",".join(f'"{name}"' for name in [*found, 'quo""te: #x'])
    line = ",".join(map(str, range(11)))
    (tmp_path / "2024 Ümsätze.csv").write_text(f"{header}\n{line}\n")
    text, spec = drafted(tmp_path, "2024 Ümsätze.csv")
    assert list(types(spec))[1:] == [
        "Straße",
        "net_price",
        "_2024",
        "column3",
        "a_b",
        "a_b_2",
        "_ordinal_2",
        "on",
        "Case",
        "column",
        "quo_te_x",
    ]
    assert "metadata: {name: 2024-umsatze}\n" in text
    assert list(spec["backend"]["sources"]) == ["_2024_Umsatze"]
    assert "is its first line a header?" in text
    assert rows(tmp_path, text) == [tuple(range(11))]


def test_json_is_taken_apart(tmp_path: Path) -> None:
    found = [
        {"day": "2024-01-01", "zip": "007", "n": 1, "x": 1.5, "at": {"lat": 1, "tags": ["a"]}},
        {"day": None, "zip": "8", "n": 2, "x": 2, "at": {"lat": 2.5}, "mixed": [1, "a"]},
    ]
    (tmp_path / "a.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in found))
    text, spec = drafted(tmp_path, "a.ndjson")
    kinds = types(spec)
    assert (kinds["day"], kinds["zip"], kinds["n"]) == ("date", "string", "long")
    assert (kinds["x"], kinds["at"]) == ("decimal(18,1)", "struct<lat:double,tags:list<string>>")
    assert len(rows(tmp_path, text)) == 2


def test_patterns_partitions_and_delta_tables(tmp_path: Path) -> None:
    for year in (2023, 2024):
        folder = tmp_path / "sales" / f"year={year}"
        folder.mkdir(parents=True)
        pl.DataFrame({"n": [year]}).write_parquet(folder / "part-0.parquet")
    text, spec = drafted(tmp_path, "sales/year=*/*.parquet")
    assert types(spec) == {"n": "long", "year": "long"}
    assert spec["backend"]["sources"] == {"sales": {"path": "sales/year=*/*.parquet", "hive": True}}
    assert sorted(rows(tmp_path, text)) == [(2023, 2023), (2024, 2024)]
    assert types(drafted(tmp_path, "sales/**/*.parquet")[1]) == {"n": "long", "year": "long"}
    pl.DataFrame({"n": [3]}).write_parquet(tmp_path / "sales/3.parquet")
    assert types(drafted(tmp_path, "sales/**/*.parquet")[1]) == {"n": "long"}
    deltalake.write_deltalake(tmp_path / "table", pl.DataFrame({"table_id": [1, 2]}).to_arrow())
    text, spec = drafted(tmp_path, "table")
    assert spec["entity"]["key_column"] == "table_id"
    assert rows(tmp_path, text) == [(1,), (2,)]


def test_a_delimiter_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n;text\n1;a,b\n2;c,d\n")
    _, spec = drafted(tmp_path, "a.csv")
    assert spec["backend"]["sources"]["a"]["options"] == {"delimiter": ";"}
    assert types(spec) == {"n": "long", "text": "string"}


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"n": [1, 1], "id": [1, 2]}, "id"),
        ({"id": [1, 1], "key": ["a", "b"]}, "key"),
        ({"x": [1.5, 2.5], "order_id": [7, 8]}, "order_id"),
        ({"code": ["a", "b"], "n": [1, 2]}, "code"),
        ({"n": [1, 1], "price": [1, 2]}, "id"),
        ({"id": [1, None]}, "key"),
        ({"id": [1, 1], "key": [1, 1]}, "row_id"),
    ],
)
def test_the_key_is_unique_and_named_so(
    tmp_path: Path, columns: dict[str, list[Any]], key: str
) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "orders.parquet")
    text, spec = drafted(tmp_path, "orders.parquet")
    assert spec["entity"]["key_column"] == key
    assert len(rows(tmp_path, text)) == 2


def write(root: Path, **frames: dict[str, list[Any]]) -> list[str]:
    for name, columns in frames.items():
        pl.DataFrame(columns).write_csv(root / f"{name}.csv")
    return [f"{name}.csv" for name in frames]


def test_lookups_keep_every_row_and_the_key(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        customers={"id": [1, 2, 3], "name": ["a", "b", "c"]},
        orders={"order_id": [10, 11, 12], "customer_id": [1, 1, 9], "name": ["x", "y", "z"]},
    )
    text, spec = drafted(tmp_path, *files)
    assert spec["backend"]["joins"] == [
        {
            "left": "orders",
            "right": "customers",
            "how": "left",
            "keys": [{"left": "customer_id", "right": "id"}],
            "cardinality": "n:1",
        }
    ]
    assert spec["entity"]["key_column"] == "order_id"
    assert "# n:1; keys that meet: 1 of 2 and 3; rows that they make: 2;" in text
    assert "; rows of orders that meet none: 1\n" in text
    assert len(rows(tmp_path, text)) == 3


def test_every_row_of_the_facts_stays_whatever_the_order_of_files(tmp_path: Path) -> None:
    frames: dict[str, dict[str, list[Any]]] = {
        "people": {"customer_id": [1, 2, 7], "name": ["a", "b", "c"]},
        "customers": {"id": [1, 2, 3], "customer_id": [1, 2, 3], "region_id": [5, 6, 5]},
        "regions": {"id": [5, 6], "title": ["x", "y"]},
        "orders": {"order_id": [10, 11, 12], "customer_id": [1, 1, 9]},
    }
    for names in (list(frames), list(frames)[::-1]):
        files = write(tmp_path, **{name: frames[name] for name in names})
        text, spec = drafted(tmp_path, *files)
        assert spec["entity"]["key_column"] == "order_id"
        assert {join.get("how") for join in spec["backend"]["joins"]} == {"left"}
        columns = list(types(spec))
        place = columns.index("order_id")
        assert sorted(row[place] for row in rows(tmp_path, text)) == [10, 11, 12]
        assert {row[columns.index("title")] for row in rows(tmp_path, text)} == {"x", None}


def test_several_columns_that_are_no_key_are_one_join(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        areas={"provider": ["a", "a", "b"], "block": [1, 1, 2], "suburb": ["x", "y", "z"]},
        schedule={"provider": ["a", "a", "b"], "block": [1, 1, 2], "day": [1, 2, 3]},
    )
    text, spec = drafted(tmp_path, *files)
    (join,) = spec["backend"]["joins"]
    assert join == {"left": "areas", "right": "schedule", "on": ["provider", "block"]}
    assert "'on': [provider, block]" in text
    assert len(rows(tmp_path, text)) == 5


def test_one_to_one(tmp_path: Path) -> None:
    files = write(tmp_path, a={"id": [1, 2], "x": [5, 5]}, b={"id": [2, 1], "y": [6, 6]})
    text, spec = drafted(tmp_path, *files)
    (join,) = spec["backend"]["joins"]
    assert (join["on"], join["cardinality"], spec["entity"]["key_column"]) == (["id"], "1:1", "id")
    assert rows(tmp_path, text) == [(1, 5, 6), (2, 5, 6)]


def test_what_meets_nothing_is_left_out_and_said(tmp_path: Path) -> None:
    files = write(tmp_path, a={"id": [1, 2, 3]}, b={"id": [1, 2]}, c={"x": ["q"]})
    text, spec = drafted(tmp_path, *files)
    assert list(spec["backend"]["sources"]) == ["a"]
    assert "# Open: b.csv is left out: " in text
    assert "# Open: c.csv is left out: " in text


def test_a_text_and_a_number_are_no_join(tmp_path: Path) -> None:
    pl.DataFrame({"code": ["1", "2"]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"code": [1, 2]}).write_parquet(tmp_path / "b.parquet")
    _, spec = drafted(tmp_path, "a.parquet", "b.parquet")
    assert list(spec["backend"]["sources"]) == ["a"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.json", b"", "has no objects"),
        ("a.parquet", b"", "is not readable as Parquet"),
        ("a.csv", b"a,b\n1\n", "is not readable as CSV"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=f"{name}.*{message}|{message}"):
        drafted(tmp_path, name)


def test_a_file_without_rows_is_a_product_without_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n")
    text, spec = drafted(tmp_path, "a.csv")
    assert types(spec) == {"key": "string", "id": "string", "x": "string"}
    assert "# Open: a.csv has no rows: " in text
    assert rows(tmp_path, text) == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("DPHUB_HOME", "DPHUB_DATA_ROOT", "DPHUB_ALLOWED_ROOTS"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("a\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("data/nothing.csv", "data/nothing.csv: No such file or directory"),
        ("data/*.json", "no file matches data/*.json"),
        ("/dev/null", "'/dev/null' is outside the allowed roots"),
        ("data/../../x.csv", "outside the allowed roots"),
        ("ftp://host/x.csv", "'ftp' is no scheme"),
        ("data", "data is no file"),
    ],
)
def test_what_cannot_be_found_is_said_in_a_line(
    here: Path, capsys: pytest.CaptureFixture[str], file: str, message: str
) -> None:
    assert command.main([file]) == 1
    printed = capsys.readouterr()
    assert (printed.out, len(printed.err.splitlines())) == ("", 1)
    assert message in printed.err


def test_paths_start_at_the_data_root(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "data" / "x[1].csv").write_text("b\n1\n")
    monkeypatch.setenv("DPHUB_DATA_ROOT", str(here / "data"))
    monkeypatch.chdir(here / "data")
    assert command.main(["../data/x.csv", "x[1].csv", "--name", "Nice one"]) == 0
    text = capsys.readouterr().out
    assert "metadata: {name: nice-one}" in text
    assert "x: {path: x.csv}" in text
    assert "x[[]1].csv is left out" in text
