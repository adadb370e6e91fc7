"""Rows -> the bytes of a response. Control information comes first, the next link last."""

import json

from dphub_serving.odata.negotiation import Format


def collection(
    texts: list[str], form: Format, context: str, count: int | None, next_link: str | None
) -> bytes:
    head = "".join(f"{member}," for member in _head(form, context, count))
    tail = "" if next_link is None else f",{_member(form, 'nextLink', next_link)}"
    return f'{{{head}"value":[{",".join(texts)}]{tail}}}'.encode()


def entity(text: str, form: Format, context: str) -> bytes:
    if form.level == "none":
        return text.encode()
    comma = "" if text == "{}" else ","
    return f"{{{_member(form, 'context', context)}{comma}{text[1:]}".encode()


def value(
    text: str, form: Format, context: str, type: str | None = None, count: str | None = None
) -> bytes:
    """A property, primitive or a collection; `count` is JSON already."""
    known = _head(form, context, None)
    if type is not None:
        known.append(_member(form, "type", type))
    if count is not None:
        known.append(f'"{form.control("count")}":{count}')
    head = "".join(f"{member}," for member in known)
    return f'{{{head}"value":{text}}}'.encode()


def unwrapped(text: str) -> tuple[str | None, str | None]:
    """The value in `{"value":…}` and the count beside it, as JSON; None where they are not."""
    if text == "{}":
        return None, None
    before, _, value = text.partition('"value":')
    return value[:-1], before.removeprefix('{"count":').removesuffix(",") if before != "{" else None


def _head(form: Format, context: str, count: int | None) -> list[str]:
    known = [] if form.level == "none" else [_member(form, "context", context)]
    if count is not None:
        known.append(_member(form, "count", str(count) if form.ieee754 else count))
    return known


def _member(form: Format, name: str, value: str | int) -> str:
    return f'"{form.control(name)}":{json.dumps(value, ensure_ascii=False)}'
