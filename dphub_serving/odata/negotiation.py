"""Headers and `$format` -> version, format, preferences; and what the response says about itself.

OData Protocol 4.01, section 8 (headers), and JSON Format 4.01, sections 3 and 4 (media type and its
parameters). What this service does not write (metadata=full, streaming=true, another charset) makes
a media range unacceptable; it is a 406 only when no other range is left.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from dphub_serving.odata import headers
from dphub_serving.odata.errors import BadRequest, NotAcceptable, echo
from dphub_serving.odata.headers import MediaRange

Version = Literal["4.0", "4.01"]
Level = Literal["none", "minimal"]

JSON: Final = "application/json"
XML: Final = "application/xml"
VARY = "OData-MaxVersion, Accept, Prefer"

_ABBREVIATIONS = {"json": JSON, "xml": XML, "atom": "application/atom+xml"}
_JSON_PARAMETERS: Mapping[str, frozenset[str]] = {
    "metadata": frozenset({"none", "minimal"}),
    "ieee754compatible": frozenset({"true", "false"}),
    "streaming": frozenset({"false"}),
    # A permission to write exponents, which nobody has to use.
    "exponentialdecimals": frozenset({"true", "false"}),
    "charset": frozenset({"utf-8", "utf8"}),
}


@dataclass(frozen=True, slots=True)
class Format:
    """How a response is written; `content_type` and the control information follow from it."""

    media: Literal["application/json", "application/xml"] = JSON
    version: Version = "4.0"
    level: Level = "minimal"
    ieee754: bool = False
    charset: bool = False

    @property
    def content_type(self) -> str:
        parts: list[str] = [self.media]
        if self.media == JSON:
            prefix = "odata." if self.version == "4.0" else ""
            parts.append(f"{prefix}metadata={self.level}")
            if self.ieee754:
                parts.append("IEEE754Compatible=true")
        if self.charset:
            parts.append("charset=utf-8")
        return ";".join(parts)

    def control(self, name: str) -> str:
        """The name of control information: `@odata.count` in 4.0, `@count` since 4.01."""
        return f"@odata.{name}" if self.version == "4.0" else f"@{name}"


@dataclass(frozen=True, slots=True)
class Prefer:
    """The preferences that are followed; others may be ignored (Protocol 4.01, section 8.2.8)."""

    maxpagesize: int | None = None


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
    raise NotAcceptable(f"only {JSON} is offered, with metadata none or minimal")


def metadata_format(accept: str | None, option: str | None, version: Version) -> Format:
    """For `$metadata`: XML unless JSON is asked for (Protocol 4.01, section 11.1.2).

    Clients of version 4.0 list JSON before XML and cannot read CSDL JSON, which came with 4.01.
    """
    ranges = _ranges(accept, option)
    xml = [media for media in ranges if media.covers(XML)]
    if xml and ((option is None and version == "4.0") or xml[0] == ranges[0]):
        return Format(XML, version, charset="charset" in xml[0].parameters)
    for media in ranges:
        if media.covers(JSON) and (found := _json(media, version)):
            return found
        if media in xml:
            return Format(XML, version, charset="charset" in media.parameters)
    raise NotAcceptable(f"only {XML} and {JSON} are offered")


def prefer(values: Iterable[str]) -> Prefer:
    """Every `Prefer` header of the request; the first of a name counts (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for name, value in headers.preferences(values):
        found.setdefault(name, value)
    # Protocol 4.01, section 8.2.8: without the prefix wins over with it.
    size = found.get("maxpagesize", found.get("odata.maxpagesize", ""))
    usable = size.isascii() and size.isdigit() and len(size) < 19 and int(size) > 0
    return Prefer(int(size) if usable else None)


def preference_applied(maxpagesize: int | None, version: Version) -> str | None:
    """The value of `Preference-Applied`, or None where nothing was preferred."""
    if maxpagesize is None:
        return None
    return f"{'odata.' if version == '4.0' else ''}maxpagesize={maxpagesize}"


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
        "none" if parameters.get("metadata") == "none" else "minimal",
        ieee754=parameters.get("ieee754compatible") == "true",
        charset="charset" in parameters,
    )
