"""Headers as the ABNF has them (section 8): those that a service reads, and those it writes."""

import re
from collections.abc import Callable, Mapping

from dphub_serving.odata.errors import InvalidSyntax

_TERM = r"(?:\*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\.(?:\*|[A-Za-z_]\w*))"
_IDENTIFIER = rf"-?{_TERM}(?:#[A-Za-z_]\w*)?"
_EQ = r"[ \t]*=[ \t]*"
PREFERENCES = {
    "allowEntityReferencesPreference": r"(?:odata\.)?allow-entityreferences",
    "callbackPreference": rf'(?:odata\.)?callback[ \t]*;[ \t]*url{_EQ}"[A-Za-z][\w+.-]*:[^"\s]*"',
    "continueOnErrorPreference": rf"(?:odata\.)?continue-on-error(?:{_EQ}(?:true|false))?",
    "includeAnnotationsPreference": (
        rf'(?:odata\.)?include-annotations{_EQ}"{_IDENTIFIER}(?:,{_IDENTIFIER})*"'
    ),
    "maxpagesizePreference": rf"(?:odata\.)?maxpagesize{_EQ}[1-9][0-9]*",
    "omitValuesPreference": rf"omit-values{_EQ}(?:nulls|defaults)",
    "respondAsyncPreference": "respond-async",
    "returnPreference": rf"return{_EQ}(?:representation|minimal)",
    "trackChangesPreference": r"(?:odata\.)?track-changes",
    "waitPreference": rf"wait{_EQ}[0-9]+",
}
_PREFERENCE = "|".join(f"(?:{each})" for each in PREFERENCES.values())
REQUEST_ID = r"[\w.~-]+"
HEADERS = {
    "asyncresult": r"AsyncResult:[ \t]*[0-9]{3}",
    "content-id": rf"Content-ID:[ \t]*{REQUEST_ID}",
    "isolation": r"(?:OData-)?Isolation:[ \t]*snapshot",
    "odata-entityid": r"OData-EntityID:[ \t]*[^\s]+",
    "odata-error": r'OData-Error:[ \t]*\{"code":.*',
    "odata-maxversion": r"OData-MaxVersion:[ \t]*[0-9]+\.[0-9]+",
    "odata-version": r"OData-Version:[ \t]*4\.0[1-9]?",
    "prefer": rf"Prefer:[ \t]*(?:{_PREFERENCE})(?:[ \t]*,[ \t]*(?:{_PREFERENCE}))*",
}


def shaped(pattern: str) -> Callable[[str], object]:
    compiled = re.compile(pattern, re.IGNORECASE)

    def read(text: str) -> object:
        if not compiled.fullmatch(text):
            raise InvalidSyntax("this is no such header", at=0)
        return text

    return read


RULES: Mapping[str, Callable[[str], object]] = {
    name: shaped(pattern)
    for name, pattern in {
        **PREFERENCES,
        **HEADERS,
        "preference": _PREFERENCE,
        "header": "|".join(HEADERS.values()),
        "request-id": REQUEST_ID,
    }.items()
}
