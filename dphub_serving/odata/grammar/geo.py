"""What stands between the quotes of a geo literal: well-known text behind its reference system."""

import re
from collections.abc import Callable, Mapping

_SRID = re.compile(r"SRID=[0-9]{1,5};", re.IGNORECASE)
_NUMBER = r"(?:[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|-?INF)"
_POSITION = re.compile(rf"{_NUMBER}(?: {_NUMBER}){{1,3}}")
_NAME = re.compile("[A-Za-z]+")
_MAX_DEPTH = 20

# Reads at a place and gives the place behind, or None.
Shape = Callable[[str, int], int | None]


def is_literal(text: str) -> bool:
    """Whether it is a point, a line, a polygon, several of them, or a collection."""
    start = _SRID.match(text)
    return start is not None and _shape(text, start.end(), 0) == len(text)


def _shape(text: str, at: int, depth: int) -> int | None:
    name = _NAME.match(text, at)
    if name is None or depth > _MAX_DEPTH:
        return None
    if name[0].lower() == "geometrycollection":
        inner = _list(lambda text, at: _shape(text, at, depth + 1))
        return inner(text, name.end())
    data = _DATA.get(name[0].lower())
    return data(text, name.end()) if data else None


def _position(text: str, at: int) -> int | None:
    match = _POSITION.match(text, at)
    return match.end() if match else None


def _list(member: Shape, least: int = 1, most: int | None = None) -> Shape:
    """Members in parentheses."""

    def read(text: str, at: int) -> int | None:
        if not text.startswith("(", at):
            return None
        if least == 0 and text.startswith("()", at):
            return at + 2
        count, place = 0, member(text, at + 1)
        while place is not None:
            count += 1
            if text.startswith(")", place):
                fits = count >= least and (most is None or count <= most)
                return place + 1 if fits else None
            place = member(text, place + 1) if text.startswith(",", place) else None
        return None

    return read


_POINT = _list(_position, most=1)
_LINE = _list(_position, least=2)
_POLYGON = _list(_list(_position))
_DATA: Mapping[str, Shape] = {
    "point": _POINT,
    "linestring": _LINE,
    "polygon": _POLYGON,
    "multipoint": _list(_POINT, least=0),
    "multilinestring": _list(_LINE, least=0),
    "multipolygon": _list(_POLYGON, least=0),
}
