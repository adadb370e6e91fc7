"""Resource paths: OData URL Conventions 4.01, section 4, and the first section of the ABNF.

A segment that is an identifier may be a property, a type, an operation or a key: the model tells.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from dphub_serving.odata.ast import (
    Alias,
    Arguments,
    Count,
    CrossJoin,
    Filtered,
    KeySegment,
    Literal,
    Name,
    Step,
)
from dphub_serving.odata.errors import InvalidSyntax, NotFound, echo
from dphub_serving.odata.grammar.lexer import is_identifier
from dphub_serving.odata.grammar.selection import Parser

# In the case of the ABNF: unlike options these are the same in one spelling alone.
ALONE = frozenset({"$batch", "$metadata"})
FIRST = ALONE | {"$all", "$entity"}
_TYPED = frozenset({"$all", "$entity"})
LAST = frozenset({"$count", "$ref", "$value", "$query"})
_NAMED = re.compile(r"(?P<name>[^(]*)(?P<rest>\(.*)?", re.DOTALL)


# What `$entity`, `$metadata` and `$batch` can be asked; everything else takes every option.
_OPTIONS: Mapping[str, frozenset[str]] = {
    "$batch": frozenset({"format"}),
    "$metadata": frozenset({"format"}),
    "$entity": frozenset({"format", "id"}),
}
_OF_CAST_ENTITY = frozenset({"format", "id", "select", "expand"})


def split(path: str) -> list[str]:
    """At the slashes, still encoded; those inside `$filter(…)` belong to its expression."""
    if "$" not in path and "%" not in path:
        return path.split("/")
    found: list[list[str]] = []
    depth, quoted = 0, False
    for piece in path.split("/"):
        text = unquote(piece)
        if depth > 0:
            found[-1].append(piece)
        else:
            found.append([piece])
            depth, quoted = 0, False
            if not text.startswith("$filter("):
                continue
        for mark in text:
            if mark == "'":
                quoted = not quoted
            elif not quoted:
                depth += (mark == "(") - (mark == ")")
    return ["/".join(pieces) for pieces in found]


def options_of(segments: Sequence[str]) -> frozenset[str] | None:
    """The names, without `$`, of those that the resource has; None for all."""
    if segments[0] == "$entity" and len(segments) > 1:
        return _OF_CAST_ENTITY
    return _OPTIONS.get(segments[0])


def read(segments: Sequence[str]) -> tuple[Step, ...]:
    """The decoded segments behind a service root."""
    return (*_first(segments[0]), *follow(segments[1:], segments[0]))


def follow(segments: Sequence[str], before: str) -> tuple[Step, ...]:
    """The segments behind `before`."""
    found: list[Step] = []
    if before in _TYPED and len(segments) > 1 and segments[1]:
        raise InvalidSyntax(f"only a type can follow {before}", target=segments[1], at=0)
    for segment in segments:
        if not segment:
            raise NotFound("there is no resource without a name", target=before)
        _check_place(before, segment)
        found += step(segment)
        before = segment
    return tuple(found)


def _check_place(before: str, segment: str) -> None:
    if segment.startswith("$crossjoin"):
        raise InvalidSyntax("$crossjoin can only come first", target=segment, at=0)
    if segment == before and "." in segment and _is_type(segment):
        # No type and operation share a name, and neither can follow itself.
        raise InvalidSyntax(f"{echo(segment)} is written twice", target=segment, at=0)
    name = before.partition("(")[0]
    if name in LAST | ALONE:
        raise InvalidSyntax(f"nothing can follow {name}", target=segment, at=0)
    if name == "$crossjoin" and segment != "$query":
        raise InvalidSyntax("only $query can follow $crossjoin", target=segment, at=0)
    if name in _TYPED and not _is_type(segment):
        raise InvalidSyntax(f"only a type can follow {name}", target=segment, at=0)


def _is_type(segment: str) -> bool:
    return all(map(is_identifier, segment.split(".")))


def _first(segment: str) -> tuple[Step, ...]:
    if segment in FIRST:
        return (Name(segment, 0),)
    if segment.startswith("$crossjoin("):
        return step(segment)
    name = segment.partition("(")[0]
    if not is_identifier(name):
        at = next((n for n in range(len(name)) if not is_identifier(name[: n + 1])), 0)
        raise InvalidSyntax(f"{echo(name)} is no name of a resource", target=segment, at=at)
    return step(segment)


def step(segment: str) -> tuple[Step, ...]:
    match segment:
        case "$count":
            return (Count(None, None, 0),)
        case "$ref" | "$value" | "$query" | "$each":
            return (Name(segment, 0),)
        case _ if segment.startswith("$filter("):
            return (_filtered(segment),)
        case _ if segment.startswith("$crossjoin("):
            return (_cross_join(segment),)
        case _ if segment.startswith("$"):
            raise NotFound(f"there is no resource {echo(segment)}", target=segment)
        case _:
            return _named(segment)


def _named(segment: str) -> tuple[Step, ...]:
    match = _NAMED.fullmatch(segment)
    assert match is not None, "it matches any text"
    if not _is_type(match["name"]):
        return (KeySegment(segment),)
    name = Name(match["name"], 0)
    if match["rest"] is None:
        return (name,)
    parser = Parser(segment, segment, len(match["name"]))
    found = [each for each in parser.more_arguments() if isinstance(each, Arguments)]
    parser.expect_end()
    for value in (given.value for each in found for given in each.values):
        if not isinstance(value, Literal | Alias):
            raise parser.wrong("expected a literal or a parameter alias", value.at)
    return (name, *found)


def _filtered(segment: str) -> Filtered:
    parser = Parser(segment, segment)
    found = parser.dollar()
    parser.expect_end()
    assert isinstance(found, Filtered)
    return found


def _cross_join(segment: str) -> CrossJoin:
    parser = Parser(segment, segment)
    parser.advance()
    parser.expect("(")
    names = [parser.identifier("an entity set").text]
    while parser.take(","):
        names.append(parser.identifier("an entity set").text)
    parser.expect(")")
    parser.expect_end()
    return CrossJoin(tuple(names))
