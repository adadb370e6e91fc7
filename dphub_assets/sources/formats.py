"""The formats of files: how the rows of some files become one relation.

Parquet is read where it lies. What is text is read once, into a Parquet file of the build: its
columns stay text (`UNTYPED`), so that the declared types decide, exactly, what a value is.
"""

import codecs
import csv
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dphub_assets.sources.errors import SourceUnreadable
from dphub_assets.sources.packed import require_whole
from dphub_assets.sources.relation import (
    NOTHING,
    UNTYPED,
    Relation,
    call,
    listed,
    literal,
    name,
    parquet,
)
from dphub_k8s.api.sources import Source, SourceOptions
from dphub_k8s.api.types import MAX_PRECISION

# Lines of a CSV header, whose names may be quoted and have line ends in them.
HEADER_LINES = 100
MANY_LINES = 10_000
# DuckDB's limit; the csv module has a smaller one of a field.
LONGEST_ROW = 2_000_000
csv.field_size_limit(LONGEST_ROW)
# What is worth telling of DuckDB's messages, and what some of them mean.
_SAID = ("Expected", "Invalid", "Value with", "Maximum line size")
_WORDS = {
    "Invalid Input Error: The CSV Parser state machine reached an invalid state.": (
        "its lines end in more than one way (LF, CRLF, CR)"
    ),
    "Not implemented Error: The Parallel CSV Reader currently does not support a full read on this "
    "file.": "a quoted field does not end",
}
_INTEGERS = frozenset({"BIGINT", "UBIGINT"})
_NESTED = frozenset({"OBJECT", "ARRAY"})


@dataclass(frozen=True, slots=True)
class Files:
    """What is read: `files` in a fixed order, told to people as `shown`. `outer` are names that
    folders above the location seem to give a hive partition."""

    location: str
    source: Source
    files: Sequence[Path]
    shown: str
    outer: frozenset[str] = frozenset()

    @property
    def options(self) -> list[str]:
        if not self.source.hive:
            return ["hive_partitioning = false"]
        return ["hive_partitioning = true", "hive_types_autocast = false"]

    @property
    def is_copy(self) -> bool:
        """Of what lies elsewhere."""
        return self.shown == self.location

    def named(self, file: Path) -> str:
        """As people know it."""
        return self.location if self.is_copy else f"{self.location}: {file}"

    def partitions(self) -> frozenset[str]:
        if not self.source.hive:
            return frozenset()
        steps = (step for step in self.files[0].parent.parts if "=" in step)
        return frozenset(step.partition("=")[0] for step in steps) - self.outer

    def selected(self, relation: str) -> str:
        if not (self.source.hive and self.outer):
            return relation
        return f"(SELECT * EXCLUDE ({', '.join(map(name, sorted(self.outer)))}) FROM {relation})"


def relation(connection: duckdb.DuckDBPyConnection, files: Files, folder: Path) -> Relation:
    """Raises SourceUnreadable; OSError and OutOfMemoryException for what is not its fault."""
    format_name, read = _READERS[files.source.kind or "parquet"]
    copy = str(files.files[0]) if files.is_copy else None
    made = Relation(files.location, format_name, "", "", copy=copy)
    if format_name != "Parquet":
        for file in files.files:
            require_whole(files.named(file), file)
    _require_names(files)
    try:
        return read(connection, files, folder, made)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        told = str(error)
        if str(folder) in told and not any(str(file) in told for file in files.files):
            raise OSError(told.splitlines()[0]) from error
        raise unreadable(made, error) from error


def _require_names(files: Files) -> None:
    """DuckDB opens no file whose name is no UTF-8."""
    for file in map(os.fsencode, files.files):
        if file.decode(errors="replace").encode() != file:
            raise SourceUnreadable(
                f"{files.location} is not readable: the name {file!r} is no UTF-8"
            )


def unreadable(relation: Relation, error: duckdb.Error) -> SourceUnreadable:
    """DuckDB's message without advice and settings: for CSV the line, and what is wrong with it."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [_WORDS.get(lines[0], lines[0]) if lines else ""]
    told += [line for line in lines[1:] if line.startswith(_SAID)]
    told += [line.replace("file = ", "in ") for line in lines if line.startswith("file = ")]
    what = ": ".join(told).replace("Invalid Input Error: ", "")
    if relation.copy:
        what = what.replace(relation.copy, relation.name)
    return SourceUnreadable(f"{relation.name} is not readable as {relation.format}: {what}")


def _parquet(
    connection: duckdb.DuckDBPyConnection,
    files: Files,
    folder: Path,  # noqa: ARG001  the text formats write there
    made: Relation,
) -> Relation:
    made = replace(made, typed=_long_decimals(connection, files))
    if len(files.files) == 1 and not files.source.hive:
        sql = parquet(files.files[0])
        return replace(made, sql=sql, shown=sql)
    _require_one_type(connection, files)
    options = ["union_by_name = true", *files.options]
    sql = files.selected(call("read_parquet", listed(files.files), *options))
    shown = files.selected(call("read_parquet", literal(files.shown), *options))
    return replace(made, sql=sql, shown=shown, untyped=files.partitions())


def _long_decimals(connection: duckdb.DuckDBPyConnection, files: Files) -> dict[str, str]:
    """DuckDB reads the nearest double where a decimal has more digits than its own."""
    found = connection.execute(
        "SELECT DISTINCT name, format('DECIMAL({},{})', precision, scale) "
        f"FROM parquet_schema({listed(files.files)}) WHERE precision > {MAX_PRECISION}"
    ).fetchall()
    return dict(found)


def _require_one_type(connection: duckdb.DuckDBPyConnection, files: Files) -> None:
    """DuckDB would make one type of two, and round values for it. A column may be missing."""
    schemas = connection.execute(
        "SELECT min(file_name) FROM (SELECT file_name, list((name, type, converted_type, scale, "
        "precision, logical_type)) AS schema FROM parquet_schema("
        f"{listed(files.files)}) GROUP BY file_name) GROUP BY schema ORDER BY ALL"
    ).fetchall()
    seen: dict[str, tuple[str, str]] = {}
    for (file,) in schemas:
        found = connection.execute(f"DESCRIBE FROM {parquet(Path(file))}").fetchall()
        for column, kind, *_ in found:
            if kind == NOTHING:
                continue
            # As DuckDB brings them together: whatever the case.
            first_file, first = seen.setdefault(column.lower(), (file, kind))
            if first != kind:
                raise SourceUnreadable(
                    f"{files.location}: column {column!r} is {first} in {first_file} "
                    f"and {kind} in {file}; write it with one type"
                )


def _csv(
    connection: duckdb.DuckDBPyConnection, files: Files, folder: Path, made: Relation
) -> Relation:
    options = files.source.options or SourceOptions()
    headers = {file: _header(connection, file, files) for file in files.files}
    first_file, columns = next(iter(headers.items()))
    for file, found in headers.items():
        if found != columns:
            told = " and ".join(
                f"{', '.join(h)} ({f})" for f, h in ((first_file, columns), (file, found))
            )
            raise SourceUnreadable(f"{files.location}: the files have different columns: {told}")
    struct = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    arguments = [
        f"columns = {{{struct}}}",
        "auto_detect = false",
        f"header = {str(options.header).lower()}",
        *_dialect(files.source),
        f"nullstr = ['', {literal(options.null_text)}]" if options.null_text else "nullstr = ['']",
        "allow_quoted_nulls = false",
        *files.options,
    ]
    made = _parsed(connection, files, folder, made, arguments)
    return replace(made, untyped=frozenset(columns) | files.partitions())


def _parsed(
    connection: duckdb.DuckDBPyConnection,
    files: Files,
    folder: Path,
    made: Relation,
    arguments: Sequence[str],
) -> Relation:
    try:
        return _copied(connection, files, folder, made, "read_csv", arguments)
    except (duckdb.InvalidInputException, duckdb.NotImplementedException):
        # In a long quoted field, what looks like a row confuses threads that start in its middle.
        alone = [*arguments, "parallel = false"]
        read = _copied(connection, files, folder, made, "read_csv", alone)
        if not all(_is_closed(connection, file, files.source) for file in files.files):
            raise
        return read


def _dialect(source: Source) -> list[str]:
    options = source.options or SourceOptions()
    quote = literal(options.quote)
    return [f"delim = {literal(source.delimiter)}", f"quote = {quote}", f"escape = {quote}"]


def _header(connection: duckdb.DuckDBPyConnection, file: Path, files: Files) -> list[str]:
    """The names of the columns, each once whatever the case; `column0` where there are none."""
    options = files.source.options or SourceOptions()
    lines = f"LIMIT {HEADER_LINES}"
    first = next(_fields(connection, file, files.source, lines, strict=False), None)
    if not first:
        what = "is empty" if first is None else "begins with an empty line"
        raise SourceUnreadable(f"{files.named(file)} {what}; a header is wanted")
    return _unique(first if options.header else [""] * len(first))


def _is_closed(connection: duckdb.DuckDBPyConnection, file: Path, source: Source) -> bool:
    """Whether a quoted field ends before the file does: one thread alone does not say so."""
    options = source.options or SourceOptions()
    quotes = f"WHERE contains(line, {literal(options.quote)})"
    try:
        deque(_fields(connection, file, source, quotes, strict=True), maxlen=0)
    except csv.Error:
        return False
    return True


def _fields(
    connection: duckdb.DuckDBPyConnection, file: Path, source: Source, which: str, *, strict: bool
) -> Iterator[list[str]]:
    """Of some lines. Where they are strict raises csv.Error."""
    options = source.options or SourceOptions()
    return csv.reader(
        _lines(connection, file, which),
        delimiter=source.delimiter,
        quotechar=options.quote or None,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        strict=strict,
    )


def _lines(connection: duckdb.DuckDBPyConnection, file: Path, which: str) -> Iterator[str]:
    line = call(
        "read_csv",
        listed([file]),
        "columns = {'line': 'VARCHAR'}",
        "auto_detect = false, header = false, delim = E'\\x01', quote = '', escape = ''",
        "strict_mode = false",  # in a quoted field they may end otherwise than outside
        "hive_partitioning = false",
    )
    found = connection.execute(f"SELECT coalesce(line, '') FROM {line} {which}")
    while some := found.fetchmany(MANY_LINES):
        yield from (f"{text}\n" for (text,) in some)


def _unique(found: list[str]) -> list[str]:
    taken: set[str] = set()
    names = []
    for place, text in enumerate(found):
        wanted = given = text or f"column{place}"
        number = 0
        while wanted.lower() in taken:
            number += 1
            wanted = f"{given}_{number}"
        taken.add(wanted.lower())
        names.append(wanted)
    return names


def _json(
    connection: duckdb.DuckDBPyConnection, files: Files, folder: Path, made: Relation
) -> Relation:
    columns, shape = _json_columns(connection, files)
    struct = ", ".join(
        f"{literal(column)}: {literal('VARCHAR' if kind == UNTYPED else kind)}"
        for column, kind in columns.items()
    )
    arguments = [
        f"columns = {{{struct}}}",
        "auto_detect = false",
        f"format = {literal(shape)}",
        *files.options,
    ]
    made = _copied(connection, files, folder, made, "read_json", arguments)
    untyped = {column for column, kind in columns.items() if kind == UNTYPED}
    return replace(made, untyped=files.partitions() | untyped)


def _json_columns(
    connection: duckdb.DuckDBPyConnection, files: Files
) -> tuple[dict[str, str], str]:
    """Every name that an object has, in order of appearance, with a type that holds all values; and
    how the objects lie in the files."""
    found, shape = _json_names(connection, files, "auto"), "auto"
    if not found and _has_mark(files.files[0]):
        found, shape = _json_names(connection, files, "array"), "array"
    if not found:
        raise SourceUnreadable(f"{files.location} has no objects, so no columns")
    columns: dict[str, str] = {}
    seen: dict[str, str] = {}
    for key, types, whole in found:
        first = seen.setdefault(key.lower(), key)
        if first != key:
            raise SourceUnreadable(f"{files.location}: {first!r} and {key!r} differ only in case")
        columns[key] = _json_type(frozenset(types) - {"NULL"}, whole=bool(whole))
    return columns, shape


def _json_names(
    connection: duckdb.DuckDBPyConnection, files: Files, shape: str
) -> list[tuple[str, list[str], bool]]:
    """By name its types, and whether all values are whole numbers of 64 bits or null."""
    objects = call("read_json_objects", listed(files.files), f"format = {literal(shape)}")
    return connection.execute(
        "SELECT key, list(DISTINCT type), bool_and(type = 'NULL' OR TRY_CAST(value AS BIGINT) "
        f"IS NOT NULL) FROM {objects} AS one, json_each(one.json) "
        "WHERE json_type(one.json) = 'OBJECT' GROUP BY key ORDER BY min(id), key"
    ).fetchall()


def _has_mark(file: Path) -> bool:
    """Behind a byte order mark DuckDB recognizes no array."""
    with file.open("rb") as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _json_type(types: frozenset[str], *, whole: bool) -> str:
    if types and types <= _INTEGERS and whole:
        return "BIGINT"
    if types in ({"VARCHAR"}, {"BOOLEAN"}):
        return next(iter(types))
    return "JSON" if types and types <= _NESTED else UNTYPED


def _copied(
    connection: duckdb.DuckDBPyConnection,
    files: Files,
    folder: Path,
    made: Relation,
    function: str,
    arguments: Sequence[str],
) -> Relation:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "rows.parquet"
    rows = files.selected(call(function, listed(files.files), *arguments))
    connection.execute(f"COPY (FROM {rows}) TO {literal(str(target))} (FORMAT parquet)")
    shown = files.selected(call(function, literal(files.shown), *arguments))
    return replace(made, sql=parquet(target), shown=shown)


Reader = Callable[[duckdb.DuckDBPyConnection, Files, Path, Relation], Relation]
_READERS: Mapping[str, tuple[str, Reader]] = {
    "parquet": ("Parquet", _parquet),
    "csv": ("CSV", _csv),
    "json": ("JSON", _json),
}
