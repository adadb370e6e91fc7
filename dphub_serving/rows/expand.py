"""Rows and what navigation brings along with them: one statement per level, put into the JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dphub_serving.odata.edm import EntitySet
from dphub_serving.odata.errors import TooComplex
from dphub_serving.odata.expansion import TARGET, Expanded, Expansion, key_of, lefts
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.token import AfterRow, AtRow, Cursor
from dphub_serving.rows.engine import Session
from dphub_serving.rows.shaped import links, shaped
from dphub_serving.sql import keyset
from dphub_serving.sql.expand import MOST, Keys, compile_counted, compile_expanded
from dphub_serving.sql.shape import BEHIND, Shape
from dphub_serving.sql.statement import Statement
from dphub_serving.sql.table import Table

MAX_BYTES = 32_000_000
# With a blank, so that no column has this name.
_ADDRESS = "address of row"
Row = tuple[Any, ...]
# Runs the work with the table of a set of the service.
Tables = Callable[[str, Callable[[Table], list[Row]]], list[Row]]
Key = tuple[str, ...] | None
# The JSON of a row, and its address if it is known.
Parent = tuple[str, str | None]
Links = Callable[[EntitySet, str, Expanded, Cursor], str]


@dataclass
class Children:
    """The rows of one key as JSON: those of the page, how many there are, where more begin; `last`
    is the last row of the page as it was read."""

    texts: list[str] = field(default_factory=list)
    total: int = 0
    seen: int = 0
    last: Row = ()
    more: bool = False

    @property
    def following(self) -> Cursor | None:
        if not self.more:
            return None
        place = self.last[4:]
        return AfterRow(keyset.cursor(place)) if len(place) > 1 else AtRow(place[0] + 1)


@dataclass(frozen=True, slots=True)
class Stitcher:
    """`links` says where more of what a row brings along is: from the set and the key of the row,
    what is expanded, and where the rest begins."""

    session: Session
    tables: Tables
    form: Format
    links: Links
    wish: Prefer

    def rows(self, texts: Sequence[str], expansion: Expansion, here: EntitySet) -> list[str]:
        """The rows of a set with what is expanded, from texts that `followed` made."""
        if not expansion:
            return list(texts)
        columns = lefts(expansion)
        parts = [text.partition(BEHIND) for text in texts]
        values = json.loads(f"[{','.join(part[2] for part in parts)}]")
        known = [dict(zip((*columns, _ADDRESS), each, strict=False)) for each in values]
        members: list[list[str]] = [[] for _ in texts]
        parents = [(part[0], row.get(_ADDRESS)) for part, row in zip(parts, known, strict=True)]
        for each in expansion:
            keys = [_key(each, row) for row in known]
            brought = self._brought(each, keys, here, parents)
            for row, found, beside in zip(known, brought, members, strict=True):
                beside += [*self._leading(each, row.get(_ADDRESS)), *found]
        rows = [_put(part[0], beside) for part, beside in zip(parts, members, strict=True)]
        if sum(map(len, rows)) > MAX_BYTES:
            message = "what is expanded has more than 32 MB; use $top or $select in $expand"
            raise TooComplex(message, target=TARGET)
        return rows

    def _leading(self, each: Expanded, address: str | None) -> list[str]:
        """The links of metadata=full."""
        if address is None:
            return []
        way = each.way.name
        return [
            f'"{way}{control}":{json.dumps(f"{address}/{way}{rest}", ensure_ascii=False)}'
            for control, rest in links(self.form)
        ]

    def _brought(
        self, each: Expanded, keys: Sequence[Key], here: EntitySet, parents: Sequence[Parent]
    ) -> Iterable[list[str]]:
        """The members of each row."""
        distinct = list(dict.fromkeys(key for key in keys if key is not None))
        if each.of == "count":
            counts = self._counts(each, distinct)
            named = f'"{each.way.name}{self.form.control("count")}":'
            return [[f"{named}{self._number(counts.get(key, 0))}"] for key in keys]
        found = self._children(each, distinct)
        return [
            self._members(each, found.get(key) or Children(), here, parent)
            for key, parent in zip(keys, parents, strict=True)
        ]

    def _members(self, each: Expanded, found: Children, here: EntitySet, of: Parent) -> list[str]:
        name = each.way.name
        if not each.way.collection:
            return [f'"{name}":{found.texts[0] if found.texts else "null"}']
        members = [f'"{name}":[{",".join(found.texts)}]']
        if each.query.count:
            counted = f'"{name}{self.form.control("count")}":{self._number(found.total)}'
            members.insert(0, counted)
        if following := found.following:
            link = self.links(here, key_of(here, *of, self.form), each, following)
            members.append(f'"{name}{self.form.control("nextLink")}":{json.dumps(link)}')
        return members

    def _number(self, count: int) -> str:
        return f'"{count}"' if self.form.ieee754 else str(count)

    def _counts(self, each: Expanded, keys: Keys) -> dict[Key, int]:
        rows = self._fetch(each, lambda table: compile_counted(table, each, keys)) if keys else []
        return {keys[number]: count for number, count in rows}

    def _children(self, each: Expanded, keys: Keys) -> dict[Key, Children]:
        if not keys:
            return {}
        shape = self._shape(each)
        rows = self._fetch(each, lambda table: compile_expanded(table, each, keys, shape))
        if len(rows) > MOST and each.is_plain:
            compiled = partial(compile_expanded, wanted=each, keys=keys, shape=shape, plainly=False)
            rows = self._fetch(each, compiled)
        if len(rows) > MOST:
            message = f"{each.way.name} brings more than {MOST} rows along; use $top in $expand"
            raise TooComplex(message, target=TARGET)
        texts = self.rows([row[1] for row in rows], each.inner, each.target)
        found: dict[Key, Children] = {}
        skip, end, pages = each.query.skip, each.query.skip + each.query.page, each.pages
        for row, text in zip(rows, texts, strict=True):
            key, place = keys[row[0]], row[2]
            children = found.get(key)
            if children is None:
                found[key] = children = Children(total=row[3] or 0)
            children.seen += 1
            place = place or children.seen
            if place > end:
                children.more = pages
            elif place > skip:
                children.texts.append(text)
                children.last = row
        return found

    def _shape(self, each: Expanded) -> Shape:
        references = each.of == "ref"
        return shaped(each.target, self.form, self.wish, each.inner, references=references)

    def _fetch(self, each: Expanded, compiled: Callable[[Table], Statement]) -> list[Row]:
        return self.tables(each.way.target, lambda table: self.session.fetch(compiled(table)))


def _key(each: Expanded, values: dict[str, str | None]) -> Key:
    """None where a value is null, or one that no value of the target equals."""
    found = []
    for (left, _), scale in zip(each.way.keys, each.scales, strict=True):
        text = values[left]
        if text is None or (scale is not None and not _fits(text, scale)):
            return None
        found.append(text)
    return tuple(found)


def _fits(text: str, scale: int) -> bool:
    # By its digits: `round` refuses a number of more than 28.
    return len(text.partition(".")[2].rstrip("0")) <= scale


def _put(row: str, members: list[str]) -> str:
    separator = "," if len(row) > 2 else ""
    return f"{row[:-1]}{separator}{','.join(members)}}}"
