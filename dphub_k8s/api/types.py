"""The column types: one row per type, with its spelling in every system that the hub speaks to."""

import datetime as dt
import decimal
import json
import re
import struct
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from dphub_k8s.api import nested

# As a Delta schema has it: a name, or the description of a nested type.
DeltaType = str | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ColumnType:
    """`cast` is the DuckDB type that a value must fit, `stored` that of the Parquet column.

    They differ for logical types, which other Delta readers do not know: a uuid is kept as text.
    `text` is DuckDB SQL that prints a stored value ({0}) for a generated key, `parse` reads that
    text back into a parameter that DuckDB can cast to the type; it raises ValueError or
    ArithmeticError for any other text, and may accept other spellings of a value.

    A list has an `item`, a struct has `fields`: such values have no order, and are no text that
    could be read back. `edm` of a struct is empty: a complex type has the name that its service
    gives it.
    """

    name: str
    aliases: tuple[str, ...]
    cast: str
    stored: str
    delta: DeltaType
    edm: str
    facets: Mapping[str, int] = field(default_factory=dict)
    text: str = "{0}::VARCHAR"
    parse: Callable[[str], object] = str
    item: "ColumnType | None" = None
    fields: tuple[tuple[str, "ColumnType"], ...] = ()

    @property
    def is_integer(self) -> bool:
        return self.edm in {"Edm.SByte", "Edm.Byte", "Edm.Int16", "Edm.Int32", "Edm.Int64"}

    @property
    def is_nested(self) -> bool:
        return self.item is not None or bool(self.fields)


class UnknownType(ValueError):
    """A type that is not in the table; the message says what would be right."""


def _timestamp(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _uuid(text: str) -> str:
    return str(uuid.UUID(text))


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _between(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ValueError(f"{text} is not between {lowest} and {highest}")
        return value

    return parse


def _signed(bits: int) -> Callable[[str], int]:
    return _between(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _unsigned(bits: int) -> Callable[[str], int]:
    return _between(0, 2**bits - 1)


def _fixed(precision: int, scale: int) -> Callable[[str], decimal.Decimal]:
    def parse(text: str) -> decimal.Decimal:
        value = decimal.Decimal(text)
        # Not `abs`, which rounds what has more than 28 digits.
        if not value.is_finite() or value.copy_abs() >= decimal.Decimal(10) ** (precision - scale):
            raise ValueError(f"{text} is no decimal({precision},{scale})")
        return value

    return parse


def _single(text: str) -> float:
    (value,) = struct.unpack("f", struct.pack("f", float(text)))
    return float(value)


def _time(text: str) -> str:
    if not re.fullmatch(r"\d\d:\d\d:\d\d(\.\d{1,6})?", text, re.ASCII):
        raise ValueError(f"{text!r} is no time")
    dt.time.fromisoformat(text)
    return text


def _json(text: str) -> str:
    found = json.loads(text, parse_constant=_no_json)
    # Python would let half of a surrogate pair pass.
    json.dumps(found, ensure_ascii=False).encode()
    return text


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


T = ColumnType
MAX_PRECISION = 38

TYPES: tuple[ColumnType, ...] = (
    T(
        "string",
        ("str", "text", "varchar"),
        "VARCHAR",
        "VARCHAR",
        "string",
        "Edm.String",
        text="{0}",
    ),
    T("bool", ("boolean",), "BOOLEAN", "BOOLEAN", "boolean", "Edm.Boolean", parse=_bool),
    T(
        "byte",
        ("int8", "tinyint", "sbyte"),
        "TINYINT",
        "TINYINT",
        "byte",
        "Edm.SByte",
        parse=_signed(8),
    ),
    T(
        "short",
        ("int16", "smallint"),
        "SMALLINT",
        "SMALLINT",
        "short",
        "Edm.Int16",
        parse=_signed(16),
    ),
    T("int", ("integer", "int32"), "INTEGER", "INTEGER", "integer", "Edm.Int32", parse=_signed(32)),
    T("long", ("int64", "bigint"), "BIGINT", "BIGINT", "long", "Edm.Int64", parse=_signed(64)),
    T("ubyte", ("uint8",), "UTINYINT", "SMALLINT", "short", "Edm.Byte", parse=_unsigned(8)),
    T("ushort", ("uint16",), "USMALLINT", "INTEGER", "integer", "Edm.Int32", parse=_unsigned(16)),
    T("uint", ("uint32",), "UINTEGER", "BIGINT", "long", "Edm.Int64", parse=_unsigned(32)),
    T(
        "ulong",
        ("uint64",),
        "UBIGINT",
        "DECIMAL(20,0)",
        "decimal(20,0)",
        "Edm.Decimal",
        {"Precision": 20, "Scale": 0},
        parse=_unsigned(64),
    ),
    T(
        "float",
        ("single", "real", "float32"),
        "FLOAT",
        "FLOAT",
        "float",
        "Edm.Single",
        parse=_single,
    ),
    T("double", ("float64",), "DOUBLE", "DOUBLE", "double", "Edm.Double", parse=float),
    T("date", (), "DATE", "DATE", "date", "Edm.Date", parse=dt.date.fromisoformat),
    T(
        "time",
        (),
        "TIME",
        "VARCHAR",
        "string",
        "Edm.TimeOfDay",
        {"Precision": 6},
        text="{0}",
        parse=_time,
    ),
    T(
        "timestamp",
        ("datetime", "timestamptz"),
        "TIMESTAMPTZ",
        "TIMESTAMPTZ",
        "timestamp",
        "Edm.DateTimeOffset",
        {"Precision": 6},
        text="({0} AT TIME ZONE 'UTC')::VARCHAR",
        parse=_timestamp,
    ),
    T("uuid", ("guid",), "UUID", "VARCHAR", "string", "Edm.Guid", text="{0}", parse=_uuid),
    T(
        "binary",
        ("bytes", "blob"),
        "BLOB",
        "BLOB",
        "binary",
        "Edm.Binary",
        text="hex({0})",
        parse=bytes.fromhex,
    ),
    T("json", (), "JSON", "VARCHAR", "string", "Edm.String", text="{0}", parse=_json),
)

_BY_NAME = {name: kind for kind in TYPES for name in (kind.name, *kind.aliases)}
_WITH_PARAMETERS = ("decimal(p,s)", "list<type>", "struct<name:type,...>")
_NESTED_TEXT = "to_json({0})::VARCHAR"
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_DECIMAL = re.compile(r"(?:decimal|numeric)\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def parse_type(text: str) -> ColumnType:
    """The type that `text` names, by name or alias, in any case; `decimal(p,s)` has parameters,
    `list<T>` and `struct<name:T,...>` are made of other types.

    Raises UnknownType with the nearest known name.
    """
    return _parse(text, nested.DEEPEST)


def _parse(text: str, deepest: int) -> ColumnType:
    item, parts = nested.item_of(text), nested.fields_of(text)
    if item is None and parts is None:
        return _scalar(text)
    if deepest == 0:
        raise UnknownType(f"types are nested at most {nested.DEEPEST} deep")
    if item is not None:
        return _list(_parse(item, deepest - 1))
    named = [(_field(name), kind) for name, kind in parts or ()]
    return _struct([(name, _parse(kind, deepest - 1)) for name, kind in named])


def _field(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise UnknownType(
            f"{name!r} is no name of a field: write struct<name:type,...>, names of letters, "
            "digits and '_', no digit first"
        )
    return name


def _list(item: ColumnType) -> ColumnType:
    if item.item:
        raise UnknownType(
            "a list of lists cannot be said in OData; use list<struct<items:list<…>>>"
        )
    delta = {"type": "array", "elementType": item.delta, "containsNull": True}
    return ColumnType(
        f"list<{item.name}>",
        (),
        f"{item.cast}[]",
        f"{item.stored}[]",
        delta,
        f"Collection({item.edm})",
        item.facets,
        text=_NESTED_TEXT,
        item=item,
    )


def _struct(fields: list[tuple[str, ColumnType]]) -> ColumnType:
    names = [name for name, _ in fields]
    if repeated := {name for name in names if sum(n.lower() == name.lower() for n in names) > 1}:
        told = ", ".join(sorted(repeated))
        raise UnknownType(f"the fields of a struct differ in more than case; there twice: {told}")
    delta_fields = [
        {"name": name, "type": kind.delta, "nullable": True, "metadata": {}}
        for name, kind in fields
    ]
    return ColumnType(
        f"struct<{','.join(f'{name}:{kind.name}' for name, kind in fields)}>",
        (),
        _duckdb_struct((name, kind.cast) for name, kind in fields),
        _duckdb_struct((name, kind.stored) for name, kind in fields),
        {"type": "struct", "fields": delta_fields},
        "",
        text=_NESTED_TEXT,
        fields=tuple(fields),
    )


def _duckdb_struct(fields: Iterable[tuple[str, str]]) -> str:
    return "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in fields) + ")"


def _scalar(text: str) -> ColumnType:
    wanted = text.strip().lower()
    if found := _BY_NAME.get(wanted):
        return found
    if wanted in {"decimal", "numeric"}:
        raise UnknownType(f"{text!r} needs precision and scale, such as decimal(18,2)")
    if match := _DECIMAL.fullmatch(wanted):
        return _decimal(int(match[1]), int(match[2]))
    known = [*_BY_NAME, *_WITH_PARAMETERS]
    near = get_close_matches(wanted, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    names = ", ".join([*(kind.name for kind in TYPES), *_WITH_PARAMETERS])
    raise UnknownType(f"{text!r} is no type; {hint}known: {names}")


@cache
def _decimal(precision: int, scale: int) -> ColumnType:
    if not (1 <= precision <= MAX_PRECISION and scale <= precision):
        raise UnknownType(
            f"decimal({precision},{scale}) cannot be: "
            f"1 <= precision <= {MAX_PRECISION}, scale <= precision"
        )
    sql = f"DECIMAL({precision},{scale})"
    return ColumnType(
        f"decimal({precision},{scale})",
        (),
        sql,
        sql,
        f"decimal({precision},{scale})",
        "Edm.Decimal",
        {"Precision": precision, "Scale": scale},
        parse=_fixed(precision, scale),
    )


def key_type(declared: ColumnType) -> ColumnType:
    """The type of a generated key: an integer key is 64 bits wide whatever width was declared.

    A digest of 32 bits meets itself after some ten thousand rows (birthday bound).
    """
    if declared.is_integer:
        return replace(_BY_NAME["long"])
    return declared
