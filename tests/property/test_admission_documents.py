"""Whatever a document looks like: it is a product, or it is refused with all that is wrong."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.documents import Unreadable
from tests.factories import EXAMPLE

SAMPLE = documents.read(EXAMPLE)[0].document

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, index) in a document."""
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))
    inner = [place for step in steps for place in places(value[step])]
    return [(value, step) for step in steps] + inner


def admission(document: object) -> DataProduct | Refused:
    try:
        return admit(document, roots=(Path("/data"),))
    except Refused as refused:
        return refused


def is_told(document: object) -> None:
    before = deepcopy(document)
    outcome = admission(document)
    assert document == before
    if isinstance(outcome, DataProduct):
        assert admit(outcome.document()) == outcome
    else:
        assert outcome.problems
        assert all(problem.message and problem.reason for problem in outcome.problems)
        assert len(set(outcome.problems)) == len(outcome.problems)


@given(values)
def test_any_value_is_told_what_is_wrong_with_it(document: object) -> None:
    is_told(document)


@given(st.data())
def test_the_sample_with_something_else_somewhere(data: st.DataObject) -> None:
    document = deepcopy(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        container, step = data.draw(st.sampled_from(places(document)))
        container[step] = data.draw(values)
    is_told(document)


@given(st.data())
def test_the_sample_with_something_missing(data: st.DataObject) -> None:
    document = deepcopy(SAMPLE)
    container, step = data.draw(st.sampled_from(places(document)))
    del container[step]
    is_told(document)


@given(st.dictionaries(texts, values, max_size=5))
def test_what_is_dumped_reads_back(document: dict[str, Any]) -> None:
    assert [one.document for one in documents.parse(documents.dump(document), "a.yaml")] == [
        document
    ]


def place_of_a_fault(text: str, file: str) -> str | None:
    try:
        documents.parse(text, file)
    except Unreadable as unreadable:
        return unreadable.problem.path
    return None


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.sampled_from(["a.yaml", "a.json"]))
def test_any_text_is_documents_or_names_its_place(text: str, file: str) -> None:
    place = place_of_a_fault(text, file)
    assert place is None or place.startswith(f"{file}:")
