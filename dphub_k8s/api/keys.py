"""The recipe of a generated key: how a row's published values become its key, and back again.

The key of a row is a text made of its published values and of its ordinal among exact duplicates,
so the same row has the same key in every snapshot, and nothing needs to be stored for it:

    Gauteng~Johannesburg~Sandton_20Ext~14~2~0

Parts are joined by `~`. Letters, digits, `.` and `-` stand for themselves, every other byte of the
UTF-8 text is `_` and two upper-case hex digits, a null is a lone `_` (RFC 3986 unreserved
characters only, so a key needs no escaping in a URL). A text of more than LONGEST characters, every
key of a row with lists or structs, and every key of an integer or uuid type, is a digest of that
text instead; which row a digest names is
kept in the snapshot's key index.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from urllib.parse import quote, unquote

from dphub_k8s.api.types import ColumnType

RECIPE = "text-v1"
LONGEST = 200
NULL = "_"
SEPARATOR = "~"
DIGEST = "_x"
ORDINAL = "_ordinal"
# DuckDB's name for the number of a row in its file.
ROW_NUMBER = "file_row_number"

Kind = Literal["text", "integer", "uuid"]

# As it is printed, and no longer than an INTEGER.
_ORDINAL = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class KeyRecipe:
    """How the key of one product is made: `columns` are (name, type) as declared."""

    kind: Kind
    columns: tuple[tuple[str, ColumnType], ...]

    @property
    def spells(self) -> bool:
        """Whether the values of a row can be read out of its key, unless that is too long."""
        return self.kind == "text" and not any(kind.is_nested for _, kind in self.columns)

    def decode(self, key: str) -> tuple[object, ...] | None:
        """The values and the ordinal that a text key spells, or None when no row can have this key.

        A digest spells nothing: ask `is_digest` first.
        """
        *parts, ordinal = key.split(SEPARATOR)
        if not self.spells or len(parts) != len(self.columns) or not _ORDINAL.fullmatch(ordinal):
            return None
        try:
            values = [
                None if part == NULL else kind.parse(decode_part(part))
                for part, (_, kind) in zip(parts, self.columns, strict=True)
            ]
        except (ValueError, ArithmeticError):
            return None
        return (*values, int(ordinal))

    def is_digest(self, key: str) -> bool:
        """Whether the key has to be looked up in the snapshot's key index."""
        return not self.spells or key.startswith(DIGEST)

    def text_sql(self) -> str:
        """DuckDB: the text of a row's key, from its stored columns, before the limit of LONGEST."""
        parts = [part_sql(f'"{name}"', kind) for name, kind in self.columns]
        return f"concat_ws('{SEPARATOR}', {', '.join(parts)}, \"{ORDINAL}\")"

    def texts_sql(self) -> list[str]:
        """DuckDB: what `spelled` takes, from a row's stored columns."""
        texts = [
            f'"{name}"' if kind.is_integer else kind.text.format(f'"{name}"')
            for name, kind in self.columns
        ]
        return [*texts, f'"{ORDINAL}"']

    def spelled(self, columns: Iterable[Iterable[object]]) -> list[str]:
        """The text keys of rows, from the columns of `texts_sql`; `key_sql` does the same."""
        escaped = [*(kind.edm not in _PLAIN for _, kind in self.columns), False]
        parts = [
            map(_Parts(escaped=each).__getitem__, column)
            for each, column in zip(escaped, columns, strict=True)
        ]
        texts = map(SEPARATOR.join, zip(*parts, strict=True))
        return [text if self.spells and len(text) <= LONGEST else _digest(text) for text in texts]

    def key_sql(self, text: str | None = None) -> str:
        """DuckDB: the key of a row, from its stored columns, or from SQL for its `text_sql`."""
        text = text or self.text_sql()
        match self.kind:
            case "text":
                digest = f"'{DIGEST}' || sha256({text})"
                if not self.spells:
                    return digest
                return f"CASE WHEN strlen({text}) > {LONGEST} THEN {digest} ELSE {text} END"
            case "integer":
                # 63 bits: never negative.
                return f"(('0x' || sha256({text})[:16])::UBIGINT >> 1)::BIGINT"
            case "uuid":
                # RFC 9562, version 8: made by a recipe of one's own.
                hexed = f"sha256({text})"
                return (
                    f"{hexed}[:8] || '-' || {hexed}[9:12] || '-8' || {hexed}[14:16]"
                    f" || '-8' || {hexed}[18:20] || '-' || {hexed}[21:32]"
                )


# Types whose text has no character that a key must escape.
_PLAIN = {
    "Edm.Boolean",
    "Edm.SByte",
    "Edm.Byte",
    "Edm.Int16",
    "Edm.Int32",
    "Edm.Int64",
    "Edm.Decimal",
    "Edm.Date",
    "Edm.Guid",
    "Edm.Binary",
}


def part_sql(column: str, kind: ColumnType) -> str:
    """DuckDB: one value as a part of a key; SQL's twin of `encode_part`."""
    text = kind.text.format(column)
    if kind.edm not in _PLAIN:
        text = f"replace(replace(replace(url_encode({text}), '_', '%5F'), '~', '%7E'), '%', '_')"
    return f"coalesce({text}, '{NULL}')"


class _Parts(dict[object, str]):
    """Values of one column as parts of keys; neighbours often have the same."""

    def __init__(self, *, escaped: bool) -> None:
        self._escaped = escaped

    def __missing__(self, value: object) -> str:
        text = None if value is None else str(value)
        part = encode_part(text) if self._escaped or text is None else text
        self[value] = part
        return part


def _digest(text: str) -> str:
    return DIGEST + sha256(text.encode()).hexdigest()


def key_kind(key: ColumnType) -> Kind:
    """Raises ValueError for a type that no key can have."""
    match key.edm:
        case "Edm.String":
            return "text"
        case "Edm.Guid":
            return "uuid"
        case _ if key.is_integer:
            return "integer"
        case _:
            raise ValueError(f"a generated key is a string, an integer or a uuid, not {key.name}")


def encode_part(text: str | None) -> str:
    if text is None:
        return NULL
    # quote() keeps letters, digits and _.-~ : the underscore is our escape, the tilde separates.
    return quote(text, safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")


def decode_part(part: str) -> str:
    """Raises ValueError for a part that no value is encoded to."""
    text = unquote(part.replace("_", "%"), errors="strict")
    if encode_part(text) != part:
        raise ValueError(f"{part!r} is not how a value is written")
    return text


def encode(texts: Sequence[str | None], ordinal: int) -> str:
    """The key text of one row before the limit of LONGEST; SQL does the same for whole tables."""
    return SEPARATOR.join([*map(encode_part, texts), str(ordinal)])
