"""What is read of CSV, JSON, patterns and Delta tables, through whole builds."""

import gzip
import os
import re
import resource
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from dphub_assets.build.errors import CastFailed, DiskFailed
from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_k8s.api.errors import Refused
from tests import build_products, factories


def rows(
    root: Path, source: Mapping[str, Any] | str, columns: Mapping[str, Any], **said: Any
) -> list[tuple[Any, ...]]:
    """What a product publishes of one source."""
    declared = {"path": source} if isinstance(source, str) else source
    product = factories.admitted(sources={"a": declared}, columns=columns, **said)
    made = build_products.builder(root)
    snapshot = build_products.build(made, product)
    return [row[:-1] for row in build_products.stored(made, snapshot)]


def test_the_declared_types_decide_what_a_csv_value_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "code,price,day,at,yes,n\n"
        '007,12345678901234567890.10,2024-02-29,2024-01-01T10:00:00+02:00,true,"5"\n'
        '"a, ""b""\nc",-0.01,,,,""\n'
    )
    types = {
        "code": "string",
        "price": "decimal(38,2)",
        "day": "date",
        "at": "timestamp",
        "yes": "bool",
        "n": "int",
    }
    assert rows(tmp_path, "a.csv", types) == [
        (
            "007",
            Decimal("12345678901234567890.10"),
            date(2024, 2, 29),
            datetime(2024, 1, 1, 8, tzinfo=UTC),
            True,
            5,
        ),
        ('a, "b"\nc', Decimal("-0.01"), None, None, None, None),
    ]


def test_an_empty_field_is_null_and_a_quoted_one_an_empty_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('s,t\n,1\n"",2\nNA,3\n"NA",4\n')
    found = rows(
        tmp_path,
        {"path": "a.csv", "options": {"nullText": "NA"}},
        {"t": "int", "s": "string"},
    )
    assert found == [(1, None), (2, ""), (3, None), (4, "NA")]


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("a.csv", {"delimiter": ";", "quote": "'"}, "x;y\n'1;';2\n"),
        ("a.tsv", {}, "x\ty\n1;\t2\n"),
        ("a.csv", {}, "\ufeffx,y\r\n1;,2\r\n"),
        ("a.csv", {"quote": ""}, "x,y\n1;,2\n"),
        ("a.csv", {"delimiter": "|"}, '"x"|"y"\n1;|2\n'),
    ],
)
def test_dialects(tmp_path: Path, name: str, options: dict[str, Any], text: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    source = {"path": name, **({"options": options} if options else {})}
    assert rows(tmp_path, source, {"x": "string", "y": "int"}) == [("1;", 2)]


def test_without_a_header_columns_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"1,a\n2,b\n"))
    source = {
        "path": "a.csv.gz",
        "options": {"header": False},
        "rename": {"column0": "n", "column1": "t"},
    }
    assert rows(tmp_path, source, {"n": "int", "t": "string"}) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x,y\n1,2\n3\n", "on Line: 3: Expected Number of Columns: 2 Found: 1"),
        (b"x,y\n1,2,3\n", "on Line: 2: Expected Number of Columns: 2 Found: 3"),
        ("x,y\n1,é\n".encode("latin-1"), "not utf-8"),
        ("x,y\n1,2\n".encode("utf-16"), "not utf-8"),
        (b'x,y\n1,"2\n', "unterminated quote"),
        (b"x,y\n1,2\r\n3,4\n", "its lines end in more than one way"),
        (b"x,y\n1," + 3_000_000 * b"2", "Maximum line size of 2000000 bytes"),
        (b"", "is empty"),
        (b"\nx,y\n1,2\n", "begins with an empty line"),
    ],
)
def test_a_csv_that_is_wrong_says_where(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=told) as caught:
        rows(tmp_path, "a.csv", {"x": "int"})
    assert "a.csv" in str(caught.value)
    assert "strict_mode" not in str(caught.value)


@pytest.mark.parametrize("ends", [("\n", "\r\n"), ("\r\n", "\n"), ("\r\n", "\r"), ("\n", "\r")])
def test_lines_in_a_quoted_field_may_end_otherwise(tmp_path: Path, ends: tuple[str, str]) -> None:
    outside, inside = ends
    lines = ["x,y", f'"a{inside}b",1', "c,2", ""]
    (tmp_path / "a.csv").write_bytes(outside.join(lines).encode())
    found = rows(tmp_path, "a.csv", {"x": "string", "y": "int"})
    assert found == [(f"a{inside}b", 1), ("c", 2)]


@pytest.mark.parametrize("inner", ["\n1,2," + 3000 * "z", "\n,," + 20 * "\n,,"])
@pytest.mark.parametrize("end", ['",2\n', ",2\n"])
def test_a_long_quoted_field_may_look_like_rows(tmp_path: Path, inner: str, end: str) -> None:
    field = inner * (300_000 // len(inner))
    row = f'1,"{field}",2\n'
    (tmp_path / "a.csv").write_text("i,t,u\n" + row * 119 + f'1,"{field}{end}')
    if end.startswith('"'):
        assert rows(tmp_path, "a.csv", {"i": "int", "u": "int"}) == [(1, 2)] * 120
    else:
        with pytest.raises(SourceUnreadable, match=r"a\.csv is not readable as CSV"):
            rows(tmp_path, "a.csv", {"i": "int", "u": "int"})


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
@pytest.mark.parametrize("packed", ["gz", "zst"])
def test_a_packed_file_that_is_damaged_is_refused(tmp_path: Path, suffix: str, packed: str) -> None:
    lines = {"csv": "x\n" + "{}\n" * 5_000, "ndjson": '{{"x":{}}}\n' * 5_000}[suffix]
    content = lines.format(*(n * 7919 for n in range(5_000))).encode()
    codec = {"gz": "gzip", "zst": "zstd"}[packed]
    whole = pa.compress(content, codec=codec, asbytes=True)
    file = tmp_path / f"a.{suffix}.{packed}"
    file.write_bytes(whole)
    assert len(rows(tmp_path, file.name, {"x": "long"})) == 5_000
    broken = [whole[:-1], whole[: len(whole) // 2]]
    broken += [whole[:-8] + bytes(8)] if packed == "gz" else []
    for each in broken:
        file.write_bytes(each)
        with pytest.raises(SourceUnreadable, match=f"{file.name} is not readable as {codec}"):
            rows(tmp_path, file.name, {"x": "long"})


def test_a_full_disk_is_no_fault_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n" + "".join(f"{n * 7919}\n" for n in range(200_000)))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(DiskFailed, match="too large"):
            rows(tmp_path, "a.csv", {"x": "long"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_csv_value_that_does_not_fit_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n2.5\n")
    with pytest.raises(CastFailed, match=r"the value '2\.5' of source 'a' .* does not fit int"):
        rows(tmp_path, "a.csv", {"x": "int"})


@pytest.mark.parametrize("shape", ["array", "lines", "gz"])
def test_json(tmp_path: Path, shape: str) -> None:
    objects = [
        '{"n": 1, "p": 1.10, "s": "007", "o": {"x": [1, null]}, "b": true, "big": 1e3}',
        '{"n": null, "s": "2024-01-01", "extra": "é"}',
    ]
    name = {"array": "a.json", "lines": "a.ndjson", "gz": "a.jsonl.gz"}[shape]
    text = f"[{', '.join(objects)}]" if shape == "array" else "\n".join(objects)
    packed = gzip.compress(text.encode()) if shape == "gz" else text.encode()
    (tmp_path / name).write_bytes(packed)
    types = {
        "n": "int",
        "p": "decimal(9,2)",
        "s": "string",
        "o": "json",
        "b": "bool",
        "big": "double",
        "extra": "string",
    }
    assert rows(tmp_path, name, types) == [
        (None, None, "2024-01-01", None, None, None, "é"),
        (1, Decimal("1.10"), "007", '{"x":[1,null]}', True, 1000.0, None),
    ]


def test_json_behind_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"a": 1}, {"a": 2}]', encoding="utf-8-sig")
    assert rows(tmp_path, "a.json", {"a": "int"}) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}\n{"a": ', "Malformed JSON"),
        ('{"a": 1, "A": 2}', "differ only in case"),
        ("[]", "no objects"),
        ("[1, 2]", "no objects"),
    ],
)
def test_a_json_that_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SourceUnreadable, match=told):
        rows(tmp_path, "a.json", {"a": "int"})


def events(root: Path) -> None:
    for year, country in ((2023, "fr"), (2024, "de"), (2024, "fr")):
        folder = root / f"a=b/events/year={year}/country={country}"
        folder.mkdir(parents=True)
        pl.DataFrame({"n": [year, len(country)]}).write_parquet(folder / "x.parquet")


def test_folders_of_a_hive_pattern_are_columns(tmp_path: Path) -> None:
    events(tmp_path)
    source = {"path": "a=b/events/**/*.parquet", "hive": True}
    found = rows(tmp_path, source, {"n": "int", "year": "int", "country": "string"})
    assert found[:3] == [(2, 2023, "fr"), (2, 2024, "de"), (2, 2024, "fr")]
    with pytest.raises(Refused, match="'a' is no column"):
        rows(tmp_path, source, {"n": "int", "a": "string"})
    with pytest.raises(Refused, match="'year' is no column"):
        rows(tmp_path, {"path": source["path"]}, {"n": "int", "year": "int"})


def test_files_of_a_pattern_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v/b.csv").write_text("x,y\n2,b\n")
    (tmp_path / "v/a.csv").write_text("x,y\n1,a\n")
    (tmp_path / "v/.hidden.csv").write_text("z\n")
    assert rows(tmp_path, "v/*.csv", {"x": "int"}) == [(1,), (2,)]
    (tmp_path / "v/c.csv").write_text("y,x\n3,c\n")
    with pytest.raises(SourceUnreadable, match=r"different columns: x, y .*a\.csv.* y, x .*c\.csv"):
        rows(tmp_path, "v/*.csv", {"x": "int"})


def test_files_of_a_pattern_have_one_type(tmp_path: Path) -> None:
    pl.DataFrame({"n": [1], "m": [2]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"n": [3]}).write_parquet(tmp_path / "b.parquet")
    assert rows(tmp_path, "?.parquet", {"n": "long", "m": "long"}) == [(1, 2), (3, None)]
    pl.DataFrame({"n": [1.5]}).write_parquet(tmp_path / "c.parquet")
    with pytest.raises(SourceUnreadable, match=r"'n' is BIGINT in .*a\.parquet and DOUBLE"):
        rows(tmp_path, "?.parquet", {"n": "long"})


def test_names_of_any_case_are_one_column_and_have_one_type(tmp_path: Path) -> None:
    pl.DataFrame({"n": [2**53 + 1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"N": [2]}).write_parquet(tmp_path / "b.parquet")
    assert rows(tmp_path, "?.parquet", {"n": "long"}) == [(2,), (2**53 + 1,)]
    pl.DataFrame({"N": [2.0]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        SourceUnreadable, match=r"BIGINT in .*a\.parquet and DOUBLE in .*b\.parquet"
    ):
        rows(tmp_path, "?.parquet", {"n": "long"})


def test_a_file_of_a_pattern_may_have_nothing_but_nulls(tmp_path: Path) -> None:
    build_products.write(tmp_path, {"a": pa.table({"n": pa.nulls(1)}), "b": pa.table({"n": [7]})})
    assert rows(tmp_path, "?.parquet", {"n": "long"}) == [(None,), (7,)]


def test_the_version_of_a_pattern(tmp_path: Path) -> None:
    product = factories.admitted(sources={"a": {"path": "v/*.csv"}})
    location = build_products.builder(tmp_path).locations(product)["a"]
    with pytest.raises(SourceMissing, match=r"no file matches v/\*\.csv"):
        location.version()
    (tmp_path / "v").mkdir()
    seen = set()
    for name, text, time in (("a", "1", 5), ("a", "1", 6), ("a", "12", 6), ("b", "1", 6)):
        file = tmp_path / f"v/{name}.csv"
        file.write_text(text)
        os.utime(file, ns=(time, time))
        seen.add(location.version())
        assert location.version() in seen
    assert len(seen) == 4
    (tmp_path / "v/b.csv").rename(tmp_path / "v/c.csv")
    assert location.version() not in seen


@pytest.mark.parametrize("path", ["a.parquet", "*.parquet"])
def test_a_decimal_of_too_many_digits_is_no_decimal(tmp_path: Path, path: str) -> None:
    value = Decimal("12345678901234567890.12")
    pq.write_table(
        pa.table({"d": pa.array([value], pa.decimal256(76, 38))}), tmp_path / "a.parquet"
    )
    for kind in ("decimal(38,2)", "string", "long"):
        with pytest.raises(Refused, match=r"a\.d is DECIMAL\(76,38\), which cannot become"):
            rows(tmp_path, path, {"d": kind})
    assert rows(tmp_path, path, {"d": "double"}) == [(float(value),)]


def test_a_pattern_does_not_leave_the_roots(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "x.csv").write_text("x\n1\n")
    (root / "link.csv").symlink_to(outside / "x.csv")
    (root / "v").symlink_to(outside)
    made = build_products.builder(root, roots=(root,))
    for path in ("*.csv", "v/*.csv"):
        product = factories.admitted(sources={"a": {"path": path}}, columns={"x": "int"})
        with pytest.raises(SourceForbidden, match="outside the allowed roots"):
            build_products.build(made, product)


def test_a_file_url(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("x\n1\n")
    assert rows(tmp_path, (tmp_path / "a b.csv").as_uri(), {"x": "int"}) == [(1,)]


def test_bytes_are_no_partition_of_a_delta_table(tmp_path: Path) -> None:
    table = pa.table({"n": [1], "p": pa.array([b"abc"], pa.binary())})
    write_deltalake(str(tmp_path / "t"), table, partition_by=["p"])
    with pytest.raises(SourceUnreadable, match="partitioned by 'p', which is binary"):
        rows(tmp_path, "t", {"n": "long", "p": "binary"})


def test_a_delta_table(tmp_path: Path) -> None:
    first = pa.table({"n": [1, 2], "p": ["x", None], "day": [date(2024, 1, 1), None]})
    write_deltalake(tmp_path / "t", first, partition_by=["p", "day"])
    second = pa.table({"n": [3], "p": ["y z/="], "day": [date(2024, 1, 2)], "more": [1.5]})
    write_deltalake(tmp_path / "t", second, mode="append", schema_mode="merge")
    types = {"n": "long", "p": "string", "day": "date", "more": "double"}
    assert rows(tmp_path, "t", types) == [
        (1, "x", date(2024, 1, 1), None),
        (2, None, None, None),
        (3, "y z/=", date(2024, 1, 2), 1.5),
    ]
    product = factories.admitted(sources={"a": {"path": "t"}}, columns=types)
    location = build_products.builder(tmp_path).locations(product)["a"]
    before = location.version()
    assert before.startswith("1-")
    DeltaTable(tmp_path / "t").delete("n > 1")
    assert location.version().startswith("2-")
    assert [row[0] for row in rows(tmp_path, "t", types)] == [1]
    DeltaTable(tmp_path / "t").delete()
    assert rows(tmp_path, {"path": "t", "format": "delta"}, types) == []


def test_a_delta_table_that_asks_for_more_is_refused(tmp_path: Path) -> None:
    write_deltalake(
        tmp_path / "t",
        pa.table({"n": [1]}),
        configuration={"delta.columnMapping.mode": "name"},
    )
    with pytest.raises(SourceUnreadable, match="uses columnMapping"):
        rows(tmp_path, "t", {"n": "long"})
    with pytest.raises(SourceMissing, match="_delta_log"):
        rows(tmp_path, {"path": "u", "format": "delta"}, {"n": "long"})


def test_text_of_a_csv_joins_with_numbers_and_dates(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("k,day,t\n007,2024-01-01,x\n8,2024-01-02,y\n,,z\n")
    frame = pl.DataFrame({"k": [7, 8], "day": [date(2024, 1, 1), date(2024, 1, 1)]})
    frame.write_parquet(tmp_path / "b.parquet")
    said: dict[str, Any] = {
        "sources": {"a": {"path": "a.csv"}, "b": {"path": "b.parquet"}},
        "columns": {"t": "string"},
    }
    for on, wanted in ((["k"], ["x", "y"]), (["k", "day"], ["x"])):
        joins = [{"left": "a", "right": "b", "on": on}]
        made = build_products.builder(tmp_path)
        snapshot = build_products.build(made, factories.admitted(**said, joins=joins))
        assert [row[0] for row in build_products.stored(made, snapshot)] == wanted
        shown = build_products.query(re.sub(r"^SET [^;]*;", "", snapshot.document.sql))
        assert [row[0] for row in shown] == wanted
    (tmp_path / "a.csv").write_text("k,day,t\n7.5,,x\n")
    joins = [{"left": "a", "right": "b", "on": ["k"]}]
    with pytest.raises(CastFailed, match=r"the value '7\.5' of source 'a' .* does not fit BIGINT"):
        build_products.build(made, factories.admitted(**said, joins=joins))


def test_a_file_whose_name_is_no_text_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1]})
    frame.write_parquet(tmp_path / "part-1.parquet")
    strange = tmp_path / os.fsdecode(b"part-\xe9.parquet")
    (tmp_path / "part-1.parquet").rename(strange)
    product = factories.admitted(sources={"s": {"path": "part-*.parquet"}}, columns={"a": "long"})
    made = build_products.builder(tmp_path)
    location = made.location(product.spec.backend.sources["s"])
    before = location.version()
    with pytest.raises(SourceUnreadable, match=r"part-\\xe9\.parquet' is no UTF-8"):
        build_products.build(made, product)
    strange.rename(tmp_path / "part-2.parquet")
    assert location.version() != before
    assert build_products.build(made, product).document.rows == 1
