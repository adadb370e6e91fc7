"""An address and the type of its set -> a resource: what the segments behind the set are.

OData URL Conventions 4.01, section 4. Names of the model and of the standard win over keys that are
written as segments.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal as OneOf

from dphub_k8s.api.types import ColumnType
from dphub_serving.odata import parser
from dphub_serving.odata.ast import Expr, Key, KeySegment
from dphub_serving.odata.edm import EntityType, is_simple_identifier
from dphub_serving.odata.errors import (
    BadRequest,
    NotFound,
    NotImplementedByService,
    echo,
    quoting,
)
from dphub_serving.odata.resources import (
    Address,
    Collection,
    Count,
    Entity,
    Member,
    Resource,
    Step,
    Way,
)

_PLACE = re.compile(r"-?[0-9]{1,9}")
_PARTS: Mapping[str, OneOf["count", "ref"]] = {"$count": "count", "$ref": "ref"}


def resource(path: Address, entity_type: EntityType) -> Resource:
    """Raises NotFound, BadRequest, NotImplementedByService."""
    if path.key is not None:
        return _in_entity(path.key, path.segments, entity_type)
    found = Collection(quick=path.is_quick_look)
    return _in_collection(found, path.segments, entity_type)


def _in_collection(
    found: Collection, segments: tuple[str, ...], entity_type: EntityType
) -> Resource:
    if not segments:
        return found
    text, rest = segments[0], segments[1:]
    if text == "$count":
        return Count(found)
    if text == "$ref":
        return replace(found, references=True)
    if text == "$value":
        raise BadRequest("only a single value has a $value", target=text)
    if text.startswith("$filter("):
        within = replace(found, filters=(*found.filters, _condition(text)))
        return _in_collection(within, rest, entity_type)
    if text == entity_type.qualified_name:
        return _in_collection(found, rest, entity_type)
    if found.filters:
        what = "an entity of a filtered collection"
        raise NotImplementedByService(what, target=text, at=0)
    cast = f"{entity_type.qualified_name}("
    key = parser.key(text, len(cast) - 1) if text.startswith(cast) else KeySegment(text)
    return _in_entity(key, rest, entity_type)


def _condition(segment: str) -> Expr:
    text = segment.removeprefix("$filter(").removesuffix(")")
    with quoting(text):
        return parser.expression(text, "$filter")


def _in_entity(key: Key, segments: tuple[str, ...], entity_type: EntityType) -> Resource:
    if not segments:
        return Entity(key)
    text, rest = segments[0], segments[1:]
    if text == "$ref":
        return Entity(key, reference=True)
    if text.startswith("$"):
        raise BadRequest(f"an entity of {entity_type.name} has no {text}", target=text)
    if text == entity_type.qualified_name:
        return _in_entity(key, rest, entity_type)
    if prop := entity_type.find(text):
        return _inside(Member(key, (text,), prop.type), rest)
    if entity_type.way(text.partition("(")[0]):
        return _way(key, segments)
    raise NotFound(f"{entity_type.name} has no property {echo(text)}", target=text)


def _way(key: Key, segments: tuple[str, ...]) -> Way:
    """Where the first step leads, and what follows it, is for those to say who know all sets."""
    part: OneOf["entities", "count", "ref"] = _PARTS.get(segments[-1], "entities")
    names = segments if part == "entities" else segments[:-1]
    steps = tuple(found for each in names if (found := _step_over(each)))
    if len(steps) < len(names):
        shown = echo("/".join(segments))
        raise NotImplementedByService(f"the property path {shown}", target=segments[0], at=0)
    return Way(key, steps, part)


def _step_over(segment: str) -> Step | None:
    """A name, or a key that is written as a segment: those decide who know the set before it."""
    name, mark, _ = segment.partition("(")
    if segment.startswith("$") or (mark and not is_simple_identifier(name)):
        return None
    return Step(name, parser.key(segment, len(name)) if mark else None)


def _inside(member: Member, segments: tuple[str, ...]) -> Member:
    if not segments:
        return member
    kind, text, rest = member.type, segments[0], segments[1:]
    if text == "$value":
        if kind.is_nested:
            shown = "a collection" if kind.item else "complex"
            raise BadRequest(f"$value is of primitive values, this is {shown}", target=text)
        return replace(member, part="raw")
    if kind.item and text == "$count":
        return replace(member, part="size")
    if kind.item and text.startswith("$filter("):
        raise NotImplementedByService("$filter of a property", target=text, at=0)
    if kind.item and _PLACE.fullmatch(text):
        return _inside(_step(member, int(text), kind.item), rest)
    if (inner := dict(kind.fields).get(text)) and not kind.item:
        return _inside(_step(member, text, inner), rest)
    raise NotFound(f"{member.names[-1]} has no {echo(text)}", target=text)


def _step(member: Member, step: str | int, kind: ColumnType) -> Member:
    return Member(member.key, (*member.steps, step), kind)
