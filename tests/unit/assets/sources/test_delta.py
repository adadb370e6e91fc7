"""Delta tables as others write them: logs that delta-rs does not write itself."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from tests import build_products, factories

FEATURE = ["deletionVectors"]
PROTOCOL = {"minReaderVersion": 3, "minWriterVersion": 7}
Files = Mapping[str, tuple[list[int], Sequence[int]]]


def rows(root: Path, columns: Mapping[str, str], **source: Any) -> list[tuple[Any, ...]]:
    product = factories.admitted(sources={"a": {"path": "t", **source}}, columns=columns)
    made = build_products.builder(root)
    snapshot = build_products.build(made, product)
    return [row[:-1] for row in build_products.stored(made, snapshot)]


def vector(deleted: Sequence[int]) -> dict[str, Any]:
    """A deletion vector in the log, of places below 65,536: one array in a roaring bitmap."""
    last = len(deleted) - 1
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, last, 16) + struct.pack(f"<{last + 1}H", *deleted)
    whole = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    whole += bytes(-len(whole) % 4)
    coded = "".join(_z85(*struct.unpack_from(">I", whole, at)) for at in range(0, len(whole), 4))
    said = {"storageType": "i", "pathOrInlineDv": coded}
    return {**said, "sizeInBytes": len(whole), "cardinality": len(deleted)}


def _z85(word: int) -> str:
    letters = f"{digits}{ascii_lowercase}{ascii_uppercase}.-:+=^!/*?&<>()[]{{}}@%$#"
    return "".join(letters[word // 85**power % 85] for power in range(4, -1, -1))


def write_table(folder: Path, files: Files, *, fields: Mapping[str, str]) -> None:
    """By path, as the log has it, the values of `n` and the places of those that are deleted."""
    schema = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in fields.items()]
    meta = {"id": "x", "format": {"provider": "parquet", "options": {}}, "partitionColumns": []}
    text = json.dumps({"type": "struct", "fields": schema})
    actions: list[dict[str, Any]] = [
        {"protocol": {**PROTOCOL, "readerFeatures": FEATURE, "writerFeatures": FEATURE}},
        {"metaData": {**meta, "schemaString": text, "configuration": {}, "createdTime": 1}},
    ]
    for path, (values, deleted) in files.items():
        file = folder / path.replace("%20", " ")
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"n": values}), file)
        add = {"path": path, "partitionValues": {}, "size": file.stat().st_size}
        add |= {"modificationTime": 1, "dataChange": True}
        add["stats"] = json.dumps({"numRecords": len(values)})
        add |= {"deletionVector": vector(deleted)} if deleted else {}
        actions.append({"add": add})
    (folder / "_delta_log").mkdir()
    log = folder / "_delta_log" / f"{0:020}.json"
    log.write_text("\n".join(map(json.dumps, actions)))


def test_rows_that_are_deleted_do_not_come_back(tmp_path: Path) -> None:
    files = {
        "a%20b/p.parquet": ([1, 2, 3, 4, 5], [1, 3]),
        "q.parquet": ([6, 7], []),
        "r.parquet": ([8, 9], [0, 1]),
    }
    write_table(tmp_path / "t", files, fields={"n": "long"})
    assert rows(tmp_path, {"n": "long"}) == [(1,), (3,), (5,), (6,), (7,)]


def test_a_feature_may_be_unused_and_a_column_have_no_type(tmp_path: Path) -> None:
    write_table(tmp_path / "t", {"q.parquet": ([6], [])}, fields={"n": "long", "v": "void"})
    assert rows(tmp_path, {"n": "long", "v": "string"}) == [(6, None)]


def test_a_log_may_have_nothing_but_a_checkpoint(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", pa.table({"n": [1]}))
    product = factories.admitted(sources={"a": {"path": "t"}}, columns={"n": "long"})
    location = build_products.builder(tmp_path).locations(product)["a"]
    before = location.version()
    DeltaTable(tmp_path / "t").create_checkpoint()
    assert location.version() == before
    (tmp_path / "t" / "_delta_log" / f"{0:020}.json").unlink()
    assert rows(tmp_path, {"n": "long"}) == [(1,)]
    assert location.version().startswith("0-")


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    frame = pa.table({"The File": [1], "the file itself": ["x y"], "log": [3]})
    write_deltalake(tmp_path / "t", frame, partition_by=["the file itself"])
    rename = {"The File": "a", "the file itself": "b"}
    assert rows(tmp_path, {"a": "long", "b": "string", "log": "long"}, rename=rename) == [
        (1, "x y", 3)
    ]
