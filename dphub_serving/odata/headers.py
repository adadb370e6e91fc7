"""The list syntax that Accept, Prefer and others share: members, parameters, quoted strings."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

# Splits at a separator that no quoted string holds.
_MEMBER = r'(?:[^{mark}"]|"(?:[^"\\]|\\.)*"|")+'
_COMMA = re.compile(_MEMBER.replace("{mark}", ","))
_SEMICOLON = re.compile(_MEMBER.replace("{mark}", ";"))
_QUALITY = re.compile(r"[01](?:\.[0-9]{0,3})?")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """`parameters` have lower-case names and hold no `q`; `refused` are media of quality 0."""

    media: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def covers(self, media: str) -> bool:
        within = self.media in covering(media) and media not in self.refused
        return within or self.media == media


def covering(media: str) -> tuple[str, str, str]:
    """The ranges that a media type is in, the narrowest first."""
    return media, media.partition("/")[0] + "/*", "*/*"


def media_ranges(text: str) -> list[MediaRange]:
    """The acceptable ranges, the best first; what cannot be read is skipped, as q=0 is."""
    found: list[tuple[float, MediaRange]] = []
    for member in _COMMA.findall(text):
        media, parameters = _parameterised(member)
        quality = parameters.pop("q", "1")
        if _QUALITY.fullmatch(quality) and "/" in media:
            found.append((float(quality), MediaRange(media.lower(), parameters)))
    found.sort(key=lambda each: -each[0])
    refused = frozenset(each.media for q, each in found if not q and not each.parameters)
    return [replace(each, refused=refused) for q, each in found if q]


def quality(text: str, media: str) -> float:
    """How much this media type is wanted: what the most specific range says (RFC 9110, 12.5.1)."""
    found: dict[str, float] = {}
    for member in _COMMA.findall(text):
        name, parameters = _parameterised(member)
        wanted, given = MediaRange(name.lower()), parameters.get("q", "1")
        if wanted.covers(media) and _QUALITY.fullmatch(given):
            found[wanted.media] = max(float(given), found.get(wanted.media, 0.0))
    return next((found[each] for each in covering(media) if each in found), 0.0)


def preferences(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names in lower case with their values; parameters of a preference mean nothing here."""
    for value in values:
        for member in _COMMA.findall(value):
            first = next(iter(_SEMICOLON.findall(member)), "")
            name, _, text = first.partition("=")
            yield name.strip().lower(), _unquoted(text)


def qualities(text: str) -> dict[str, float]:
    """Of a list such as `Accept-Encoding`: names in lower case; what cannot be read is 0."""
    found: dict[str, float] = {}
    for member in _COMMA.findall(text):
        name, parameters = _parameterised(member)
        quality = parameters.get("q", "1")
        found[name.lower()] = float(quality) if _QUALITY.fullmatch(quality) else 0.0
    return found


def elements(text: str) -> list[dict[str, str]]:
    """Of a header like `Forwarded`: the pairs of every element, names in lower case."""
    found = []
    for member in _COMMA.findall(text):
        pairs = [piece.partition("=") for piece in _SEMICOLON.findall(member)]
        found.append({name.strip().lower(): _unquoted(value) for name, _, value in pairs})
    return found


def members(text: str) -> list[str]:
    """As they stand."""
    found: list[str] = _COMMA.findall(text)
    return found


def _parameterised(member: str) -> tuple[str, dict[str, str]]:
    head, *rest = _SEMICOLON.findall(member) or [""]
    parameters: dict[str, str] = {}
    for piece in rest:
        name, _, value = piece.partition("=")
        if name.strip():
            parameters.setdefault(name.strip().lower(), _unquoted(value))
    return head.strip(), parameters


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
