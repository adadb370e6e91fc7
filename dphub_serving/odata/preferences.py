"""The header `Prefer`: OData Protocol 4.01, section 8.2.8. What is not known is ignored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as OneOf

from dphub_serving.odata import headers
from dphub_serving.odata.negotiation import Version

_TERMS = re.compile(r"-?(?:\*|[\w.]+(?:\.\*)?)(?:#\w+)?(?:,-?(?:\*|[\w.]+(?:\.\*)?)(?:#\w+)?)*")
_OMITTED: dict[str, OneOf["nulls", "defaults"]] = {"nulls": "nulls", "defaults": "defaults"}
_SWITCH = {"": True, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Prefer:
    """`annotations` is a list of terms; no instance annotation is written that it could exclude.

    No property has another default than null, so that both ways to `omit` are one.
    """

    maxpagesize: int | None = None
    omit: OneOf["nulls", "defaults"] | None = None
    annotations: str | None = None
    continue_on_error: bool | None = None


def read(values: Iterable[str]) -> Prefer:
    """Every `Prefer` header of the request; the first of a name counts (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for name, value in headers.preferences(values):
        found.setdefault(name, value)

    def given(name: str) -> str | None:
        # Without the prefix wins over with it.
        return found.get(name, found.get(f"odata.{name}"))

    size = given("maxpagesize") or ""
    usable = size.isascii() and size.isdigit() and len(size) < 19 and int(size) > 0
    terms, goes_on = given("include-annotations"), given("continue-on-error")
    return Prefer(
        maxpagesize=int(size) if usable else None,
        omit=_OMITTED.get((given("omit-values") or "").lower()),
        annotations=terms if terms and _TERMS.fullmatch(terms) else None,
        continue_on_error=None if goes_on is None else _SWITCH.get(goes_on.lower()),
    )


def applied(followed: Prefer, version: Version) -> dict[str, str]:
    """The header `Preference-Applied`, where anything was."""
    prefix = "odata." if version == "4.0" else ""
    texts = []
    if followed.maxpagesize is not None:
        texts.append(f"{prefix}maxpagesize={followed.maxpagesize}")
    if followed.omit is not None:
        texts.append(f"omit-values={followed.omit}")
    if followed.annotations is not None:
        texts.append(f'{prefix}include-annotations="{followed.annotations}"')
    if followed.continue_on_error is not None:
        texts.append(f"{prefix}continue-on-error={str(followed.continue_on_error).lower()}")
    return {"Preference-Applied": ", ".join(texts)} if texts else {}
