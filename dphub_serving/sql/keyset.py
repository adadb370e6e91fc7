"""The predicate of "behind this row", for an order in which null is the lowest value.

DuckDB compares rows too, but takes null for the greatest value; so the branches are written out.
A value travels in the page link as DuckDB's own text of it, and is read back by TRY_CAST: a forged
one finds other rows or none, and never fails. A text that is too long for a link stays at home: it
is read again from the row that the link names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.token import Scalar

LONGEST = 500
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
    params: tuple[Scalar, ...]


def cursor(last: Sequence[object]) -> tuple[Scalar, ...]:
    """The link's values, from the texts and the position that came with the last row."""
    *texts, position = last
    assert isinstance(position, int)
    return (*(_travelling(each) for each in texts), position)


def _travelling(text: object) -> Scalar:
    assert text is None or isinstance(text, str)
    return AT_HOME if text is not None and len(text) > LONGEST else text


def behind(
    terms: Sequence[Term], values: Sequence[Scalar], source: str
) -> tuple[str, tuple[Scalar, ...]]:
    """Rows that come after `values` (of the terms, then the position), and its parameters."""
    position = values[-1] if type(values[-1]) is int else -1
    condition: str = "file_row_number > ?"
    params: tuple[Scalar, ...] = (position,)
    for term, value in reversed(list(zip(terms, values, strict=False))):
        bound = _bound(term, value, position, source)
        condition, params = _step(term, bound, condition, params)
    return condition, params


def _bound(term: Term, value: Scalar, position: Scalar, source: str) -> _Bound:
    if value is None:
        return _Bound(None, ())
    if value is AT_HOME:
        return _Bound(f"(SELECT {term.sql} FROM {source} WHERE file_row_number = ?)", (position,))
    return _Bound(f"TRY_CAST(?::VARCHAR AS {term.stored})", (str(value),))


def _step(
    term: Term, bound: _Bound, rest: str, params: tuple[Scalar, ...]
) -> tuple[str, tuple[Scalar, ...]]:
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
