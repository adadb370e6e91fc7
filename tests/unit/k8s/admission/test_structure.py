"""Fields and values that no product has."""

from typing import Any

import pytest

from tests.factories import DROPPED, changed, product
from tests.unit.k8s.admission.documents import TWO, column
from tests.unit.k8s.admission.refusal import is_refused, problems


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (changed(TWO, "spec.description", None), "spec.description", "Null", "leave the field out"),
        (
            changed(TWO, "spec.backend.joins.0.on.0", None),
            "spec.backend.joins[0].on[0]",
            "Null",
            "null is no value",
        ),
        (changed(TWO, "spec.entitty", 1), "spec.entitty", "UnknownField", "did you mean 'entity'?"),
        (
            changed(TWO, "spec.deployment_mode", "Shared"),
            "spec.deployment_mode",
            "UnknownField",
            "did you mean 'deploymentMode'?",
        ),
        (column(tipe="x"), "spec.entity.columns[1].tipe", "UnknownField", "did you mean 'type'?"),
        (
            changed(TWO, "spec.backend.sources.items.pth", "x"),
            "spec.backend.sources.items.pth",
            "UnknownField",
            "did you mean 'path'?",
        ),
        (changed(TWO, "apiVersion", "v1"), "apiVersion", "UnknownValue", "openness.ecostruxure"),
        (changed(TWO, "kind", "DataProdukt"), "kind", "UnknownValue", "mean 'DataProduct'?"),
        (changed(TWO, "kind", DROPPED), "kind", "Missing", "'kind' is missing"),
        (changed(TWO, "spec.backend", DROPPED), "spec.backend", "Missing", "'backend' is missing"),
        (column(type=5), "spec.entity.columns[1].type", "WrongType", "found the number 5"),
        (column(type=False), "spec.entity.columns[1].type", "WrongType", "unless it is quoted"),
        (
            changed(TWO, "spec.odata", {"max_top": "10"}),
            "spec.odata.max_top",
            "WrongType",
            "a whole number is wanted, found '10'",
        ),
        (changed(TWO, "spec.odata", {"max_top": 0}), "spec.odata.max_top", "OutOfRange", "least 1"),
        (
            changed(TWO, "spec.odata", {"count": "never"}),
            "spec.odata.count",
            "UnknownValue",
            "known: always, onRequest",
        ),
        (changed(TWO, "spec.tags", "x"), "spec.tags", "WrongType", "a list is wanted, found 'x'"),
        (changed(TWO, "spec.entity.columns", []), "spec.entity.columns", "OutOfRange", "least 1"),
        (product(sources={}), "spec.backend.sources", "OutOfRange", "least 1"),
    ],
)
def test_what_has_no_place_is_refused(document: Any, path: str, reason: str, message: str) -> None:
    is_refused(document, path, reason, message)


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    assert problems(document)[0].reason == "NotADocument"


def test_all_problems_are_told_at_once() -> None:
    document = product("Orders", sources=("orders", "items"), api={"path": "/a b"}, colour="red")
    document["spec"]["backend"]["joins"][0]["left"] = "order"
    document["spec"]["backend"]["sources"]["items"]["path"] = "../items"
    document["spec"]["backend"]["engine"] = "spark"
    document["spec"]["entity"]["columns"] += [
        {"name": "day", "type": "dat", "nme": 1},
        {"name": "stage", "type": "itn"},
        {"type": "int"},
    ]
    document["spec"]["odata"] = {"max_top": 5, "default_top": 10}
    assert {problem.path for problem in problems(document)} == {
        "metadata.name",
        "spec.colour",
        "spec.api.path",
        "spec.backend.engine",
        "spec.backend.joins[0].left",
        "spec.backend.sources.items.path",
        "spec.entity.columns[2].nme",
        "spec.entity.columns[3].type",
        "spec.entity.columns[4].name",
        "spec.odata.default_top",
    }
