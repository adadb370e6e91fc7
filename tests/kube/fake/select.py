"""Label and field selectors."""

import re
from collections.abc import Callable, Mapping

from tests.kube.fake.refusal import Doc, Refusal

Test = Callable[[Doc], bool]

SETS = re.compile(r"\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*")
EQUAL = re.compile(r"\s*([^\s!=]+)\s*(==|=|!=)\s*(\S*)\s*")
OUTSIDE_PARENTHESES = re.compile(r",(?![^(]*\))")


def selector(query: Mapping[str, str]) -> Test:
    """Whether an object is asked for."""
    labels = [_label(part) for part in _parts(query.get("labelSelector", ""))]
    fields = [_field(part) for part in _parts(query.get("fieldSelector", ""))]
    return lambda document: all(test(document) for test in [*labels, *fields])


def _parts(text: str) -> list[str]:
    return [part for part in OUTSIDE_PARENTHESES.split(text) if part.strip()]


def _label(part: str) -> Test:
    if found := SETS.fullmatch(part):
        name, word, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        return lambda document: (_labels(document).get(name) in values) == (word == "in")
    if found := EQUAL.fullmatch(part):
        name, sign, value = found.groups()
        return lambda document: (_labels(document).get(name) == value) == (sign != "!=")
    name = part.strip()
    if name.startswith("!"):
        return lambda document: name[1:] not in _labels(document)
    return lambda document: name in _labels(document)


def _labels(document: Doc) -> Mapping[str, str]:
    return document["metadata"].get("labels") or {}


def _field(part: str) -> Test:
    found = EQUAL.fullmatch(part)
    if found is None:
        raise Refusal(400, f'invalid field selector: "{part}"')
    path, sign, value = found.groups()

    def test(document: Doc) -> bool:
        here: object = document
        for name in path.split("."):
            here = here.get(name) if isinstance(here, dict) else None
        return (str(here or "") == value) == (sign != "!=")

    return test
