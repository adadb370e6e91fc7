"""Values inside an entity: a property, an item of a collection, its raw value, how many there are.

OData Protocol 4.01, section 11.2.4.
"""

import base64
import json

from fastapi import Response

from dphub_serving.odata import bind, etag, links, negotiation, preferences
from dphub_serving.odata.errors import NotFound
from dphub_serving.odata.negotiation import Format
from dphub_serving.odata.preferences import Prefer
from dphub_serving.odata.resources import Member
from dphub_serving.odata.types import Types
from dphub_serving.odata.url import Request
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.routes.keep import kept, reading
from dphub_serving.routes.resolve import Target
from dphub_serving.rows import encode, read
from dphub_serving.rows.engine import Session
from dphub_serving.rows.shaped import style
from dphub_serving.sql.lookup import compile_lookup
from dphub_serving.sql.shape import Shape
from dphub_serving.sql.table import Table

# What is kept of a null; a value in JSON has an object around it.
_NULL = b"null"


async def answer(
    hub: Hub, exchange: Exchange, request: Request, target: Target, member: Member
) -> Response:
    plain = member.part != "value"
    if member.part == "raw":
        negotiation.check_raw(exchange.accept, request.options.format, _raw_media(member))
    form = Format(version=exchange.version) if plain else exchange.form(request.options.format)
    asked = bind.inside(request, target.entity_set.type, member)
    wish = exchange.prefer
    followed = Prefer() if plain else Prefer(None, wish.omit, wish.annotations)
    tag = etag.tag(target.identity, target.sequence, request, form, followed)
    if exchange.not_modified(tag):
        return exchange.unchanged(tag)

    def inside(session: Session, table: Table) -> bytes:
        shape = Shape(target.entity_set.name, style=style(target.entity_set, form, followed))
        text = read.entity(session, compile_lookup(table, asked, shape))
        if text is None:
            raise NotFound(f"{target.entity_set.name} has no entity with this key")
        value, count = encode.unwrapped(text)
        if value is None:
            raise NotFound(f"{member.names[-1]} has no item at this place")
        if plain or value == "null":
            return value.encode()
        root = links.root(exchange.base, request.path.service)
        key = links.key(target.entity_set.type, asked.key)
        context = links.member(root, f"{target.entity_set.name}{key}", member)
        if member.type.fields:
            return encode.entity(value, form, context)
        return encode.value(value, form, context, _type_name(target, form, member), count)

    body = await kept(hub, exchange, tag, reading(hub, target.served.table, inside))
    if body == _NULL:
        return exchange.nothing()
    if plain:
        return exchange.response(*_plain(body, member), tag)
    more = preferences.applied(followed, exchange.version)
    return exchange.response(body, form.content_type, tag, more)


def _type_name(target: Target, form: Format, member: Member) -> str | None:
    if form.level != "full":
        return None
    return Types(target.entity_set.type, form).name(member.names, member.type)


def _raw_media(member: Member) -> str:
    return "application/octet-stream" if member.type.edm == "Edm.Binary" else "text/plain"


def _plain(found: bytes, member: Member) -> tuple[bytes, str]:
    """The raw value, and its media type."""
    value = json.loads(found, parse_float=str, parse_int=str)
    if member.part == "raw" and member.type.edm == "Edm.Binary":
        return base64.urlsafe_b64decode(value), _raw_media(member)
    text = value if isinstance(value, str) else json.dumps(value)
    charset = ";charset=utf-8" if member.part == "raw" else ""
    return text.encode(errors="surrogatepass"), f"text/plain{charset}"
