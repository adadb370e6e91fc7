"""Admitting many documents again costs what has changed."""

from typing import Any

import pytest

from dphub_k8s.admission import Memory, admit_all
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from tests import factories

Outcomes = list[DataProduct | Refused]


@pytest.fixture
def documents() -> dict[str, Any]:
    return {name: factories.product(name) for name in ("a", "b", "c")}


def admitted(documents: dict[str, Any], memory: Memory) -> Outcomes:
    """The same as without a memory."""
    said = [(document, name) for name, document in documents.items()]
    found, fresh = admit_all(said, memory=memory), admit_all(said)
    assert list(map(_text, found)) == list(map(_text, fresh))
    return found


def _text(outcome: DataProduct | Refused) -> object:
    return outcome if isinstance(outcome, DataProduct) else str(outcome)


def test_what_stays_is_the_same_object(documents: dict[str, Any]) -> None:
    memory = Memory()
    before = admitted(documents, memory)
    documents["b"] = factories.changed(documents["b"], "spec.description", "another")
    after = admitted(documents, memory)
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_a_path_taken_by_another_is_seen_and_given_back(documents: dict[str, Any]) -> None:
    memory, free = Memory(), documents["a"]
    admitted(documents, memory)
    documents["a"] = factories.changed(free, "spec.api", {"path": "/c"})
    assert isinstance(admitted(documents, memory)[2], Refused)
    documents["a"] = free
    assert isinstance(admitted(documents, memory)[2], DataProduct)


def test_a_circle_is_seen_in_products_that_did_not_change(documents: dict[str, Any]) -> None:
    memory = Memory()
    source = "spec.backend.sources.orders"
    documents["b"] = factories.changed(documents["b"], source, {"product": "a"})
    documents["c"] = factories.changed(documents["c"], source, {"product": "b"})
    admitted(documents, memory)
    documents["a"] = factories.changed(documents["a"], source, {"product": "c"})
    found = admitted(documents, memory)
    assert [isinstance(one, Refused) for one in found].count(True) == 1
