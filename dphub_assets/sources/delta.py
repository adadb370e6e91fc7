"""A Delta table of somebody else, read at its current version."""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.relation import Relation, call, listed, literal, name

LOG = "_delta_log"
# What a reader must know, of the features that a table may ask for.
KNOWN_FEATURES = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"})
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
}
_FILE = name("the file")


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
            commits = [entry for entry in log.iterdir() if entry.suffix == ".json"]
            numbered = [entry for entry in commits if entry.stem.isdigit()]
            if not numbered:
                raise SourceMissing(f"{self.name} is no Delta table: nothing in {log}")
            last = max(numbered, key=lambda entry: int(entry.stem))
            found = last.stat()
        except NotADirectoryError as error:
            raise SourceUnreadable(f"{self.name} is no Delta table ({self.folder})") from error
        except OSError as error:
            raise SourceMissing(f"{self.name}: {error.strerror} ({log})") from error
        return f"{int(last.stem)}-{found.st_size}-{found.st_mtime_ns}"

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002  other locations need it
        folder: Path,  # noqa: ARG002
    ) -> Relation:
        self.version()
        try:
            table = DeltaTable(self.folder)
            self._require_readable(table)
            sql = self._rows(table)
        except (DeltaError, OSError) as error:
            what = str(error).splitlines()[0]
            raise SourceUnreadable(f"{self.name} is not readable as Delta: {what}") from error
        return Relation(self.name, "Delta", sql, sql)

    def _require_readable(self, table: DeltaTable) -> None:
        protocol, configuration = table.protocol(), table.metadata().configuration
        asked = set(protocol.reader_features or ()) - KNOWN_FEATURES
        if configuration.get("delta.columnMapping.mode", "none") != "none":
            asked.add("columnMapping")
        if asked:
            told = ", ".join(sorted(asked))
            message = f"{self.name}: the Delta table uses {told}: not read here; drop the feature"
            raise SourceUnreadable(message)

    def _rows(self, table: DeltaTable) -> str:
        """The files of the version, by name, with the columns of the table's schema: what a file
        lacks is null, and partition columns are in the log alone."""
        fields = json.loads(table.schema().to_json())["fields"]
        types = {field["name"]: _type(field["type"]) for field in fields}
        partitions = table.metadata().partition_columns
        for column in partitions:
            # The log has bytes as a text with escapes of its own.
            if types[column] == "BLOB":
                message = f"{self.name}: partitioned by {column!r}, which is binary: not read here"
                raise SourceUnreadable(message)
        nothing = ", ".join(f"NULL::{kind} AS {name(column)}" for column, kind in types.items())
        rows = f"SELECT {nothing}, NULL::VARCHAR AS {_FILE} WHERE false"
        files = self._files(table)
        if files:
            options = ["union_by_name = true", "hive_partitioning = false"]
            read = call(
                "read_parquet", listed(files), *options, f"filename = {literal('the file')}"
            )
            rows = f"{rows} UNION ALL BY NAME FROM {read}"
        logged = partitions if files else []
        columns = ", ".join(
            f"CAST({'log' if column in logged else 'rows'}.{name(column)} AS {kind}) "
            f"AS {name(column)}"
            for column, kind in types.items()
        )
        if not logged:
            return f"(SELECT {columns} FROM ({rows}) AS rows)"
        values = ", ".join(
            f"({', '.join([literal(str(file)), *(_value(found.get(p)) for p in partitions)])})"
            for file, found in files.items()
        )
        names = ", ".join([_FILE, *map(name, partitions)])
        log = f"(VALUES {values}) AS log({names})"
        return f"(SELECT {columns} FROM ({rows}) AS rows JOIN {log} ON rows.{_FILE} = log.{_FILE})"

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
