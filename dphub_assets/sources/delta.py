"""A Delta table of somebody else, read at its current version."""

import json
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.relation import NOTHING, Relation, call, listed, literal, name, parquet

LOG = "_delta_log"
# What a reader must know, of the features that a table may ask for.
KNOWN_FEATURES = frozenset(
    {"deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"}
)
_TYPES = {
    "string": "VARCHAR",
    "byte": "TINYINT",
    "short": "SMALLINT",
    "integer": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "timestamp_ntz": "TIMESTAMP",
    "void": NOTHING,
}
_COMMIT = re.compile(r"(\d+)\.(json|checkpoint(\..+)?\.(parquet|json))")


@dataclass(frozen=True, slots=True)
class Table:
    """A folder with a Delta log."""

    name: str
    folder: Path

    def version(self) -> str:
        """The number of the last commit, with its size and time: a table may be made anew. One
        listing of the log, one stat."""
        log = self.folder / LOG
        try:
            # Commits behind a checkpoint may have been cleaned up.
            numbered = {
                (int(match[1]), match[2] == "json", entry.name): entry
                for entry in log.iterdir()
                if (match := _COMMIT.fullmatch(entry.name))
            }
            if not numbered:
                raise SourceMissing(f"{self.name} is no Delta table: nothing in {log}")
            last = max(numbered)
            found = numbered[last].stat()
        except NotADirectoryError as error:
            raise SourceUnreadable(f"{self.name} is no Delta table ({self.folder})") from error
        except OSError as error:
            raise SourceMissing(f"{self.name}: {error.strerror} ({log})") from error
        return f"{last[0]}-{found.st_size}-{found.st_mtime_ns}"

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002  other locations need it
        folder: Path,
    ) -> Relation:
        self.version()
        try:
            table = DeltaTable(self.folder)
            self._require_readable(table)
            deleted = _deleted(table)
            place = folder / "deleted.parquet" if deleted else None
            sql = self._rows(table, place)
        except (DeltaError, OSError) as error:
            what = str(error).splitlines()[0]
            raise SourceUnreadable(f"{self.name} is not readable as Delta: {what}") from error
        if place is None:
            return Relation(self.name, "Delta", sql, sql)
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(deleted), place)
        shown = call("delta_scan", literal(str(self.folder)))
        return Relation(self.name, "Delta", sql, shown)

    def _require_readable(self, table: DeltaTable) -> None:
        protocol, configuration = table.protocol(), table.metadata().configuration
        asked = set(protocol.reader_features or ()) - KNOWN_FEATURES
        if configuration.get("delta.columnMapping.mode", "none") != "none":
            asked.add("columnMapping")
        if asked:
            told = ", ".join(sorted(asked))
            message = f"{self.name}: the Delta table uses {told}: not read here; drop the feature"
            raise SourceUnreadable(message)

    def _rows(self, table: DeltaTable, deleted: Path | None) -> str:
        """The files of the version, by name, with the columns of the table's schema: what a file
        lacks is null, and partition columns are in the log alone."""
        fields = json.loads(table.schema().to_json())["fields"]
        types = {field["name"]: _type(field["type"]) for field in fields}
        partitions = self._partitions(table, types)
        nothing = [f"NULL::{kind} AS {name(column)}" for column, kind in types.items()]
        files = self._files(table)
        if not files:
            return f"(SELECT {', '.join(nothing)} WHERE false)"
        file = _unlike(types)
        rows = f"SELECT {', '.join(nothing)}, NULL::VARCHAR AS {name(file)} WHERE false"
        options = ["union_by_name = true", "hive_partitioning = false"]
        options += ["file_row_number = true"] if deleted else []
        read = call("read_parquet", listed(files), *options, f"filename = {literal(file)}")
        numbered = "SELECT *, NULL::BIGINT AS file_row_number FROM" if deleted else "FROM"
        rows = f"({numbered} ({rows}) UNION ALL BY NAME FROM {read}) AS rows"
        columns = ", ".join(
            f"CAST({'log' if column in partitions else 'rows'}.{name(column)} AS {kind}) "
            f"AS {name(column)}"
            for column, kind in types.items()
        )
        if partitions:
            rows += f" JOIN {_logged(files, partitions, file)} USING ({name(file)})"
        if deleted:
            rows += (
                f" ANTI JOIN {parquet(deleted)} AS deleted ON rows.{name(file)} = deleted.file "
                "AND rows.file_row_number = deleted.row"
            )
        return f"(SELECT {columns} FROM {rows})"

    def _partitions(self, table: DeltaTable, types: Mapping[str, str]) -> list[str]:
        partitions = list(table.metadata().partition_columns)
        for column in partitions:
            # The log has bytes as a text with escapes of its own.
            if types[column] == "BLOB":
                message = f"{self.name}: partitioned by {column!r}, which is binary: not read here"
                raise SourceUnreadable(message)
        return partitions

    def _files(self, table: DeltaTable) -> dict[Path, Mapping[str, Any]]:
        """Every file with its partition values, in order."""
        actions = pa.table(table.get_add_actions(flatten=False)).to_pylist()
        found: dict[Path, Mapping[str, Any]] = {}
        for action in sorted(actions, key=lambda action: str(action["path"])):
            path = unquote(action["path"])
            file = (self.folder / path).resolve()
            if "://" in path or not file.is_relative_to(self.folder):
                raise SourceForbidden(f"{self.name}: {path} lies outside the table")
            found[file] = action.get("partition") or action.get("partition_values") or {}
        return found


def is_table(folder: Path) -> bool:
    try:
        return stat.S_ISDIR((folder / LOG).stat().st_mode)
    except OSError:
        return False


def _deleted(table: DeltaTable) -> list[dict[str, Any]]:
    """The rows, by file and place in it, that are in the files and deleted all the same."""
    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return []
    return [
        {"file": str(_local(uri)), "row": row}
        for batch in table.deletion_vectors()
        for uri, kept in zip(*pa.record_batch(batch).to_pydict().values(), strict=True)
        for row, is_kept in enumerate(kept)
        if not is_kept
    ]


def _unlike(columns: Iterable[str]) -> str:
    """A name that none of the columns has, whatever the case."""
    taken, found = {column.lower() for column in columns}, "the file"
    while found in taken:
        found += " itself"
    return found


def _local(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path)).resolve()


def _logged(files: Mapping[Path, Mapping[str, Any]], partitions: Sequence[str], file: str) -> str:
    """SQL: the partition values of every file, which the log has."""
    values = ", ".join(
        f"({', '.join([literal(str(path)), *(_value(found.get(p)) for p in partitions)])})"
        for path, found in files.items()
    )
    return f"(VALUES {values}) AS log({', '.join(map(name, [file, *partitions]))})"


def _value(value: object) -> str:
    return "NULL" if value is None else literal(str(value))


def _type(kind: Any) -> str:
    """Delta's name of a type, or its description of a nested one, as DuckDB's."""
    if isinstance(kind, str):
        return _TYPES.get(kind) or kind.upper()  # decimal(p,s)
    match kind["type"]:
        case "array":
            return f"{_type(kind['elementType'])}[]"
        case "map":
            return f"MAP({_type(kind['keyType'])}, {_type(kind['valueType'])})"
        case _:
            fields = (f"{name(field['name'])} {_type(field['type'])}" for field in kind["fields"])
            return f"STRUCT({', '.join(fields)})"
