"""Headers and `$format` -> version, format, preferences; and what the response says about itself.

OData Protocol 4.01, section 8 (headers), and JSON Format 4.01, sections 3 and 4 (media type and its
parameters). What this service does not write (another charset, an unknown parameter) makes a media
range unacceptable; it is a 406 only when no other range is left.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dphub_serving.odata import headers
from dphub_serving.odata.errors import BadRequest, NotAcceptable, PreconditionFailed, echo
from dphub_serving.odata.headers import MediaRange

Version = Literal["4.0", "4.01"]
Level = Literal["none", "minimal", "full"]

JSON: Final = "application/json"
XML: Final = "application/xml"
VARY = "OData-MaxVersion, Accept, Prefer"

_ABBREVIATIONS = {"json": JSON, "xml": XML, "atom": "application/atom+xml"}
_JSON_PARAMETERS: Mapping[str, frozenset[str]] = {
    "metadata": frozenset({"none", "minimal", "full"}),
    "ieee754compatible": frozenset({"true", "false"}),
    # Every payload has the order that a streaming one has to have.
    "streaming": frozenset({"true", "false"}),
    # A permission to write exponents, which nobody has to use.
    "exponentialdecimals": frozenset({"true", "false"}),
    "charset": frozenset({"utf-8", "utf8"}),
}


_LEVELS: Mapping[str, Level] = {"none": "none", "minimal": "minimal", "full": "full"}


@dataclass(frozen=True, slots=True)
class Format:
    """How a response is written; `content_type` and the control information follow from it."""

    media: Literal["application/json", "application/xml"] = JSON
    version: Version = "4.0"
    level: Level = "minimal"
    ieee754: bool = False
    charset: bool = False
    streaming: bool = False

    @property
    def content_type(self) -> str:
        parts: list[str] = [self.media]
        if self.media == JSON:
            prefix = "odata." if self.version == "4.0" else ""
            parts.append(f"{prefix}metadata={self.level}")
            if self.ieee754:
                parts.append("IEEE754Compatible=true")
            if self.streaming:
                parts.append(f"{prefix}streaming=true")
        if self.charset:
            parts.append("charset=utf-8")
        return ";".join(parts)

    def control(self, name: str) -> str:
        """The name of control information: `@odata.count` in 4.0, `@count` since 4.01."""
        return f"@odata.{name}" if self.version == "4.0" else f"@{name}"


def version(max_version: str | None) -> Version:
    """The greatest supported version that `OData-MaxVersion` allows; 4.0 without the header."""
    if max_version is None:
        return "4.0"
    match = re.match(r"\s*([0-9]{1,4})\.([0-9]{1,4})\s*(?:;|$)", max_version)
    if match is None:
        raise BadRequest(f"{echo(max_version)} is no version", target="OData-MaxVersion")
    asked = (int(match[1]), int(match[2]))
    if asked < (4, 0):
        raise BadRequest("this service begins with version 4.0", target="OData-MaxVersion")
    return "4.01" if asked >= (4, 1) else "4.0"


def data_format(accept: str | None, option: str | None, version: Version) -> Format:
    """For everything that is written as JSON alone: data, the service document, errors."""
    for media in _ranges(accept, option):
        if media.covers(JSON) and (found := _json(media, version)):
            return found
    raise NotAcceptable(f"only {JSON} is offered, with metadata none, minimal or full")


def metadata_format(accept: str | None, option: str | None, version: Version) -> Format:
    """For `$metadata`: XML unless JSON is asked for (Protocol 4.01, section 11.1.2).

    Clients of version 4.0 list JSON before XML and cannot read CSDL JSON, which came with 4.01.
    """
    ranges = _ranges(accept, option)
    xml = [media for media in ranges if media.covers(XML) and _is_utf8_at_most(media)]
    if xml and ((option is None and version == "4.0") or xml[0] == ranges[0]):
        return Format(XML, version, charset="charset" in xml[0].parameters)
    for media in ranges:
        if media.covers(JSON) and (found := _json(media, version)):
            return found
        if media in xml:
            return Format(XML, version, charset="charset" in media.parameters)
    raise NotAcceptable(f"only {XML} and {JSON} are offered")


def check_raw(accept: str | None, option: str | None, media: str) -> None:
    """For `/$value` (Protocol 4.01, section 11.2.4.1). Who accepts JSON alone gets it all the same:
    clients say so whatever they ask. Raises NotAcceptable."""
    found = _ranges(accept, option)
    if any(each.covers(media) and _is_utf8_at_most(each) for each in found):
        return
    if option is not None or not any(each.covers(JSON) for each in found):
        raise NotAcceptable(f"the raw value is {media}")


def _is_utf8_at_most(media: MediaRange) -> bool:
    return all(
        name == "charset" and value.lower() in _JSON_PARAMETERS["charset"]
        for name, value in media.parameters.items()
    )


def preferred(accept: str | None, media: Sequence[str]) -> str | None:
    """What the client likes best; of equals the first."""
    if accept is None or not accept.strip():
        return media[0]
    wanted = {each: headers.quality(accept, each) for each in media}
    best = max(media, key=lambda each: wanted[each])
    return best if wanted[best] else None


def without_multipart(accept: str) -> str:
    """What the parts of a batch inherit: its own format is none of theirs."""
    members = [each.strip() for each in headers.members(accept)]
    return ", ".join(each for each in members if not each.lower().startswith("multipart/"))


def isolated(values: Iterable[str | None]) -> bool:
    """Whether the client asks for snapshot isolation. Raises PreconditionFailed for another."""
    found = [each.strip().lower() for each in values if each is not None]
    if other := [each for each in found if each != "snapshot"]:
        raise PreconditionFailed(f"isolation is snapshot, not {echo(other[0])}", target="Isolation")
    return bool(found)


def _ranges(accept: str | None, option: str | None) -> list[MediaRange]:
    """What the client accepts, the best first; `$format` is stronger than the header."""
    if option is not None:
        return headers.media_ranges(_ABBREVIATIONS.get(option.lower(), option))
    if accept is None or not accept.strip():
        return [MediaRange("*/*")]
    return headers.media_ranges(accept)


def _json(media: MediaRange, version: Version) -> Format | None:
    """The format of a range, or None where a parameter is unknown or its value is not offered."""
    parameters = {
        name.removeprefix("odata."): value.lower() for name, value in media.parameters.items()
    }
    for name, value in parameters.items():
        if value not in _JSON_PARAMETERS.get(name, frozenset()):
            return None
    return Format(
        JSON,
        version,
        _LEVELS.get(parameters.get("metadata", "minimal"), "minimal"),
        ieee754=parameters.get("ieee754compatible") == "true",
        charset="charset" in parameters,
        streaming=parameters.get("streaming") == "true",
    )
