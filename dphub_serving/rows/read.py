"""Statements -> rows as JSON texts, and where the next page begins."""

from dataclasses import dataclass
from typing import Any

from dphub_serving.odata.query import Query
from dphub_serving.odata.token import Cursor
from dphub_serving.rows.engine import Session
from dphub_serving.sql.lookup import Direct, Indexed
from dphub_serving.sql.ordered import Sorted, Step
from dphub_serving.sql.page import Filtered, Page, Range
from dphub_serving.sql.statement import Statement

MAX_PAGE_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """One JSON text per row; `next` is None on the last page."""

    texts: list[str]
    next: Cursor | None


def page(session: Session, wanted: Page, query: Query, max_bytes: int = MAX_PAGE_BYTES) -> Rows:
    """The rows of a page: as many as it may hold, and not more than `max_bytes` of them."""
    if query.page == 0:
        return Rows([], None)
    found = _rows(session, wanted)
    texts = _fitting(_texts(wanted, found[: query.page]), max_bytes)
    satisfied = query.top is not None and len(texts) >= query.top
    return Rows(texts, None if satisfied else wanted.cursor(len(texts), found))


def _texts(wanted: Page, found: list[tuple[Any, ...]]) -> list[str]:
    spelling = None if isinstance(wanted, Sorted) else wanted.spelling
    return spelling.texts(found) if spelling else [row[0] for row in found]


def _rows(session: Session, wanted: Page) -> list[tuple[Any, ...]]:
    match wanted:
        case Range(statement) | Filtered(statement):
            return session.fetch(statement)
        case Sorted(ties=ties, fetch=fetch):
            found = session.fetch(ties) if ties else []
            missing = fetch - len(found)
            return [*found, *_beyond(session, wanted, missing)] if missing else found


def _beyond(session: Session, wanted: Sorted, missing: int) -> list[tuple[Any, ...]]:
    if not wanted.by_values:
        return session.fetch(wanted.rest(missing))
    found: list[tuple[Any, ...]] = []
    step: Step | None = wanted.start(missing)
    while step:
        right, step = step.settled(session.fetch(step.statement))
        found += right
    return found


def count(session: Session, wanted: Statement) -> int:
    ((found,),) = session.fetch(wanted)
    assert isinstance(found, int)
    return found


def entity(session: Session, wanted: Direct | Indexed | None) -> str | None:
    """The entity's JSON, or None where there is no such key."""
    match wanted:
        case None:
            return None
        case Direct(statement):
            found = session.fetch(statement)
        case Indexed():
            places = session.fetch(wanted.index)
            found = session.fetch(wanted.row(places[0][0])) if places else []
    return str(found[0][0]) if found else None


def _fitting(texts: list[str], max_bytes: int) -> list[str]:
    """The first of them that fit, but at least one."""
    # A character takes four bytes at most.
    if 4 * sum(map(len, texts)) <= max_bytes:
        return texts
    total = 0
    for number, text in enumerate(texts):
        total += len(text.encode()) + 1
        if total > max_bytes:
            return texts[: max(number, 1)]
    return texts
