"""What one product can violate: told by the folder as by the CRD, every rule of which is tried."""

import re
from collections.abc import Iterator

import pytest

from dphub_k8s.crd.demand import Demand
from dphub_k8s.crd.rules import DEMANDS
from dphub_k8s.crd.schema import Schema
from tests.refusals import CEL, Refusal, is_same
from tests.shapes import BROKEN, TELLING, schema, shapes
from tests.unit.k8s.admission.refusal import problems

SHAPES = list(shapes())


@pytest.mark.parametrize("refusal", CEL, ids=lambda refusal: refusal.words[:60])
def test_the_folder_says_the_words_of_the_rule(refusal: Refusal) -> None:
    (problem,) = problems(refusal.document)
    assert is_same(refusal.words, problem.message), problem.message
    assert _plain(problem.path).startswith(_plain(refusal.place))


@pytest.mark.parametrize(("place", "document"), SHAPES, ids=[place for place, _ in SHAPES])
def test_the_folder_names_the_place_that_the_schema_does(place: str, document: object) -> None:
    found = {_plain(problem.path) for problem in problems(document)}
    # Of two items of one name the schema names the second, the folder its name.
    assert _plain(place) in found | {path.removesuffix(".name") for path in found}


def test_every_keyword_of_the_schema_is_tried() -> None:
    root = schema()["properties"]
    used = {keyword for name in ("metadata", "spec") for keyword in keywords(root[name])}
    assert used == BROKEN | TELLING


def keywords(of: Schema) -> Iterator[str]:
    yield from of
    inner = [*of.get("properties", {}).values(), of.get("items"), of.get("additionalProperties")]
    for each in filter(None, inner):
        yield from keywords(each)


def test_every_rule_is_tried_and_none_is_unknown() -> None:
    tried = {demand for refusal in CEL for demand in DEMANDS if says(demand, refusal.words)}
    assert [demand.message for demand in DEMANDS if demand not in tried] == []
    assert [
        one.words for one in CEL if not any(says(demand, one.words) for demand in DEMANDS)
    ] == []


def says(demand: Demand, words: str) -> bool:
    pattern = ".+".join(map(re.escape, re.split("<<.*?>>", demand.message)))
    return re.fullmatch(pattern, words) is not None


def _plain(place: str) -> str:
    """Without the names of sources, of which a CEL rule names none."""
    return re.sub(r'\["(.+?)"\]', r".\1", place)


def test_a_message_asks_cel_for_its_holes() -> None:
    demand = Demand("spec", "true", "'<<self.a>>' is \"no\" b", ".a")
    assert demand.document() == {
        "rule": "true",
        "message": "'…' is \"no\" b",
        "messageExpression": '"\'" + self.a + "\' is \\"no\\" b"',
        "fieldPath": ".a",
    }
