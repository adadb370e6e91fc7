"""The generated schema: structural, bounded, told in words; and what no CRD can say."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import Field

from dphub_k8s.api.noun import Noun
from dphub_k8s.api.product import Spec
from dphub_k8s.crd import document
from dphub_k8s.crd.document import COLUMNS, KEYS, SETS, at
from dphub_k8s.crd.schema import UNSAID, NotStructural, Schema, _collect, structural

DEFINITION = document.definition()
VERSION = DEFINITION["spec"]["versions"][0]
ROOT: Schema = VERSION["schema"]["openAPIV3Schema"]
UNTYPED = {f"spec.quality[].arguments.{name}" for name in ("validValues[]", "minimum", "maximum")}


def places(schema: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    yield place, schema
    for name, inner in schema.get("properties", {}).items():
        yield from places(inner, f"{place}.{name}".lstrip("."))
    if "items" in schema:
        yield from places(schema["items"], f"{place}[]")
    if "additionalProperties" in schema:
        yield from places(schema["additionalProperties"], f"{place}.*")


SPEC = [(place, schema) for place, schema in places(ROOT) if place.startswith("spec")]


def test_every_place_has_a_type_but_values_of_any() -> None:
    assert {place for place, schema in places(ROOT) if "type" not in schema} == UNTYPED
    assert all(at(ROOT, place)["x-kubernetes-preserve-unknown-fields"] for place in UNTYPED)


def test_every_text_list_and_mapping_is_bounded() -> None:
    bound = {"string": "maxLength", "array": "maxItems"}
    unbounded = {
        place
        for place, schema in SPEC
        if (keyword := bound.get(schema.get("type", "")))
        and keyword not in schema
        and "enum" not in schema
    }
    assert unbounded == set()
    mappings = [schema for _, schema in SPEC if "additionalProperties" in schema]
    assert mappings
    assert all("maxProperties" in schema for schema in mappings)


def test_every_field_is_told_in_words() -> None:
    """`kubectl explain` shows nothing else."""
    fields = [
        (f"{place}.{name}", inner)
        for place, schema in places(ROOT)
        for name, inner in schema.get("properties", {}).items()
        if not place.startswith(("metadata", "status")) and name not in ("apiVersion", "kind")
    ]
    wordless = {place for place, schema in fields if len(schema.get("description", "")) < 8}
    assert wordless == {".metadata"}


def test_defaults_are_those_of_the_model_where_a_field_may_be_said_by_the_server() -> None:
    defaults = {place: schema["default"] for place, schema in SPEC if "default" in schema}
    assert defaults["spec.api"] == {}
    assert defaults["spec.deploymentMode"] == "Shared"
    assert defaults["spec.backend.joins[].how"] == "inner"
    assert None not in defaults.values()
    assert not {"spec.refresh", "spec.odata.default_top", "spec.quality[].unit"} & set(defaults)


def test_what_has_no_default_is_there() -> None:
    found: dict[str, type[Noun]] = {}
    _collect(Spec, found)
    fields = {f"{name}.{field}" for name, noun in found.items() for field in noun.model_fields}
    assert fields > UNSAID


def test_lists_by_key_hold_what_they_are_told_apart_by() -> None:
    for place, keys in KEYS.items():
        items = at(ROOT, place)["items"]
        assert set(keys) <= set(items["required"])
    assert all(at(ROOT, place)["items"]["type"] == "string" for place in SETS)


def test_on_may_be_what_kubectl_makes_of_it() -> None:
    join = at(ROOT, "spec.backend.joins[]")
    assert {**join["properties"]["true"], "description": ""} == {
        **join["properties"]["on"],
        "description": "",
    }
    assert join["required"] == ["left", "right"]


def test_names() -> None:
    found = document.definition("data.example.org", "v1beta1")
    assert found["metadata"]["name"] == "dataproducts.data.example.org"
    assert found["spec"]["versions"][0]["name"] == "v1beta1"
    assert VERSION["subresources"] == {"status": {}}
    assert DEFINITION["spec"]["names"]["shortNames"] == ["dp"]
    assert DEFINITION["spec"]["names"]["categories"] == ["dphub"]


def test_every_printed_column_is_in_the_schema() -> None:
    for name, kind, path, _ in COLUMNS:
        steps = path.replace("[?(@.type=='Ready')]", "[]").lstrip(".")
        if not steps.startswith("metadata"):
            found = at(ROOT, steps)
            assert found["type"] == ("string" if kind == "date" else kind), name


def test_the_texts_of_a_status_are_bounded() -> None:
    assert at(ROOT, "status.conditions")["maxItems"] == 16
    assert at(ROOT, "status.conditions[].message")["maxLength"] == 32_768
    assert at(ROOT, "status.conditions[].reason")["maxLength"] == 1_024


class Choice(Noun):
    field: int | str


class Pair(Noun):
    field: tuple[int, str]


class Set(Noun):
    field: set[str]


class Anything(Noun):
    field: Any


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Choice, "no choice of types"),
        (Pair, "'prefixItems'"),
        (Set, "'uniqueItems'"),
        (Anything, "wants a type"),
    ],
)
def test_what_a_crd_cannot_say_is_refused(model: type[Noun], said: str) -> None:
    with pytest.raises(NotStructural, match=said) as caught:
        structural(model)
    assert str(caught.value).startswith(f"{model.__name__}.field: ")


class Tree(Noun):
    branches: tuple["Tree", ...] = ()


def test_what_holds_itself_is_refused() -> None:
    with pytest.raises(NotStructural, match="cannot recurse"):
        structural(Tree)


class Said(Noun):
    one: Literal["a"] = "a"
    """Below
    the field."""
    other: int | None = Field(default=None, ge=1, description="beside it")


def test_texts_below_the_fields_are_the_descriptions() -> None:
    assert structural(Said)["properties"] == {
        "one": {
            "enum": ["a"],
            "type": "string",
            "description": "Below the field.",
            "default": "a",
        },
        "other": {"minimum": 1, "type": "integer", "format": "int64", "description": "beside it"},
    }
