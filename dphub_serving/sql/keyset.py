"""The predicates of "behind this row", for an order in which null is the lowest value.

They are two, because they cost differently: the rows that tie with this one lie in file order, and
are found without sorting; only where they do not fill a page are the rows beyond them sorted.

DuckDB compares rows too, but takes null for the greatest value; so the branches are written out.
A value travels in the page link as DuckDB's own text of it, and is read back by TRY_CAST: a forged
one finds other rows or none, and never fails. Texts that are too long for a link, or too many, stay
at home: they are read again from the row that the link names.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.token import Scalar
from dphub_serving.sql.fragment import Fragment

# Bytes of one value, and of all of a link.
LONGEST, ROOM = 500, 2_000
# In the place of a value: look into the row. Every real value is a text.
AT_HOME = True


@dataclass(frozen=True, slots=True)
class Term:
    """One item of the order. `stored` is its DuckDB type, `complete` says that it is never null."""

    sql: str
    descending: bool
    stored: str
    complete: bool

    def ordering(self) -> str:
        return f"{self.sql} DESC NULLS LAST" if self.descending else f"{self.sql} ASC NULLS FIRST"


@dataclass(frozen=True, slots=True)
class _Bound:
    """A value in the link: its SQL (None for null) and what that needs."""

    sql: str | None
    params: tuple[object, ...]


def cursor(last: Sequence[object]) -> tuple[Scalar, ...]:
    """The link's values, from the texts and the position that came with the last row."""
    *texts, position = last
    assert isinstance(position, int)
    values, room = list[Scalar](), ROOM
    for text in texts:
        assert text is None or isinstance(text, str)
        size = 0 if text is None else len(json.dumps(text, ensure_ascii=False).encode())
        travels = size <= min(room, LONGEST)
        values.append(text if travels else AT_HOME)
        room -= size if travels else 0
    return (*values, position)


def ties(
    terms: Sequence[Term], values: Sequence[Scalar], source: Fragment
) -> tuple[str, tuple[object, ...]]:
    """Rows with the same `values` that come after it by their position, and its parameters."""
    position = _position(values)
    conditions, params = [], list[object]()
    for term, bound in _bounds(terms, values, source):
        same = f"{term.sql} IS NULL" if bound.sql is None else f"{term.sql} = {bound.sql}"
        conditions.append(same)
        params += bound.params
    return " AND ".join([*conditions, "file_row_number > ?"]), (*params, position)


def beyond(
    terms: Sequence[Term], values: Sequence[Scalar], source: Fragment
) -> tuple[str, tuple[object, ...]]:
    """Rows whose values come after `values`, and its parameters."""
    condition: str = "false"
    params: tuple[object, ...] = ()
    for term, bound in reversed(_bounds(terms, values, source)):
        condition, params = _step(term, bound, condition, params)
    return condition, params


def _bounds(
    terms: Sequence[Term], values: Sequence[Scalar], source: Fragment
) -> list[tuple[Term, _Bound]]:
    position = _position(values)
    pairs = zip(terms, values, strict=False)
    return [(term, _bound(term, value, position, source)) for term, value in pairs]


def _position(values: Sequence[Scalar]) -> int:
    last = values[-1]
    return last if type(last) is int else -1


def _bound(term: Term, value: Scalar, position: Scalar, source: Fragment) -> _Bound:
    if value is None:
        return _Bound(None, ())
    if value is AT_HOME:
        row = f"(SELECT {term.sql} FROM {source.text} WHERE file_row_number = ?)"
        return _Bound(row, (*source.params, position))
    return _Bound(f"TRY_CAST(?::VARCHAR AS {term.stored})", (str(value),))


def _step(
    term: Term, bound: _Bound, rest: str, params: tuple[object, ...]
) -> tuple[str, tuple[object, ...]]:
    column, given = term.sql, bound.params
    if bound.sql is None:
        same = f"({column} IS NULL AND ({rest}))"
        return (same, params) if term.descending else (f"({column} IS NOT NULL OR {same})", params)
    same = f"({column} = {bound.sql} AND ({rest}))"
    sign = "<" if term.descending else ">"
    branches = [f"{column} {sign} {bound.sql}", same]
    if term.descending and not term.complete:
        return f"({' OR '.join([*branches, f'{column} IS NULL'])})", (*given, *given, *params)
    # Says nothing new, but lets whole row groups be passed over.
    guard = f"{column} {sign}= {bound.sql}"
    return f"({guard} AND ({' OR '.join(branches)}))", (*given, *given, *given, *params)
