"""What was read -> the body of a response: a page of a set or of what navigation leads to, or one
entity, with what they bring along."""

from dataclasses import dataclass

from dphub_serving.odata import links, ways
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.query import Filter, Query, next_token
from dphub_serving.odata.url import Request
from dphub_serving.routes.beside import Beside
from dphub_serving.routes.exchange import Exchange
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Session
from dphub_serving.rows.read import Rows
from dphub_serving.sql.filter import compile_count
from dphub_serving.sql.page import compile_page
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table


@dataclass(frozen=True, slots=True)
class Encoder:
    """`references` asks for the ids of entities instead of them."""

    exchange: Exchange
    request: Request
    beside: Beside
    form: Format
    references: bool
    owes_id: bool = True

    @property
    def shape(self) -> Shape:
        return self.beside.shape(self.form, owes_id=self.owes_id, references=self.references)

    def page(
        self, session: Session, table: Table, query: Query, among: Filter | None = None
    ) -> bytes:
        """`among` are the rows that navigation leads to; None for all."""
        wanted = ways.within(query, among) if among else query
        rows = read.page(session, compile_page(table, wanted, self.shape), wanted)
        following = self._next_link(query, rows)
        count = _total(session, table, wanted) if query.count else None
        texts = self._texts(session, rows.texts)
        return encode.collection(texts, self.form, self._context(query.selected), count, following)

    def empty(self, query: Query) -> bytes:
        count = 0 if query.count else None
        return encode.collection([], self.form, self._context(query.selected), count, None)

    def entity(self, session: Session, text: str, selected: tuple[str, ...] | None) -> bytes:
        (whole,) = self._texts(session, [text])
        return encode.entity(whole, self.form, self._context(selected, entity=True))

    def _texts(self, session: Session, texts: list[str]) -> list[str]:
        return self.beside.rows(session, texts, self.form, self.exchange.base, self.request)

    def _context(self, selected: tuple[str, ...] | None, *, entity: bool = False) -> str:
        root = links.root(self.exchange.base, self.request.path.service)
        if self.references:
            return links.reference(root) if entity else links.references(root)
        projected = self.beside.projected(selected, self.form)
        return links.context(root, self.beside.target.entity_set.name, projected, entity=entity)

    def _next_link(self, query: Query, found: Rows) -> str | None:
        if found.next is None:
            return None
        rows, secret = len(found.texts), self.beside.hub.secret
        sequence, pins = self.beside.target.sequence, self.beside.pins
        token = next_token(query, sequence, found.next, rows, pins)
        base, page = self.exchange.base, query.page
        return links.next_link(base, self.request, token, page=page, rows=rows, secret=secret)


def _total(session: Session, table: Table, query: Query) -> int:
    if query.filter is None:
        return table.rows
    return read.count(session, compile_count(table, query.filter))
