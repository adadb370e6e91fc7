"""A noun as a structural schema (OpenAPI v3): what the API server takes, and nothing it would lose.

NotStructural     the model says something that a CRD cannot say
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, get_args

from pydantic.fields import FieldInfo

from dphub_k8s.api.noun import Noun

Schema = dict[str, Any]

# Fields without a default of the server: admission asks whether they were said, or another field of
# the object takes its place, so that a value which nobody has written would be refused.
UNSAID = {
    "Column.nullable",
    "ODataPolicy.default_top",
    "Refresh.timezone",
    "Rule.arguments",
    "Rule.unit",
    "Source.hive",
    "Spec.refresh",
}
ANYTHING = "x-kubernetes-preserve-unknown-fields"
KEPT = {
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    ANYTHING,
}
DROPPED = {"title", "default"}


class NotStructural(ValueError):
    """The message names the place and the keyword."""


def structural(model: type[Noun], *, defaults: bool = True) -> Schema:
    """Raises NotStructural."""
    raw = model.model_json_schema(by_alias=True)
    nouns: dict[str, type[Noun]] = {}
    _collect(model, nouns)
    return _Walk(raw.pop("$defs", {}), nouns, defaults).schema(raw, model.__name__)


class _Walk:
    def __init__(
        self, definitions: Mapping[str, Schema], nouns: Mapping[str, type[Noun]], defaults: bool
    ) -> None:
        self.definitions = definitions
        self.nouns = nouns
        self.defaults = defaults
        self.inside: list[str] = []

    def schema(self, raw: Schema, place: str) -> Schema:
        if "$ref" in raw:
            return self._referred(raw, place)
        if "anyOf" in raw:
            return self.schema(_optional(raw, place), place)
        found: Schema = {}
        for keyword, value in raw.items():
            if keyword in KEPT:
                found[keyword] = value
            elif keyword == "const":
                found["enum"] = [value]
            elif keyword == "additionalProperties":
                if value is not False:
                    found[keyword] = self.schema(value, f"{place}.*")
            elif keyword not in DROPPED:
                raise NotStructural(f"{place}: a CRD has no {keyword!r}")
        if not found.keys() & {"type", ANYTHING}:
            raise NotStructural(f"{place}: a CRD wants a type")
        if "description" in found:
            found["description"] = " ".join(found["description"].split())
        if found.get("type") == "integer":
            found["format"] = "int64"
        if "items" in found:
            found["items"] = self.schema(found["items"], f"{place}[]")
        if "properties" in found:
            self._fields(found, raw, place)
        return found

    def _referred(self, raw: Schema, place: str) -> Schema:
        name = raw["$ref"].rpartition("/")[2]
        if name in self.inside:
            raise NotStructural(f"{place}: a CRD cannot recurse, and {name} holds itself")
        self.inside.append(name)
        beside = {keyword: value for keyword, value in raw.items() if keyword != "$ref"}
        found = self.schema({**self.definitions[name], **beside}, place)
        self.inside.pop()
        return found

    def _fields(self, found: Schema, raw: Schema, place: str) -> None:
        """Descriptions are the texts below the fields, defaults those that are values."""
        noun = self.nouns[str(raw["title"])]
        told = docstrings(noun)
        properties = {}
        for field, info in noun.model_fields.items():
            name = info.alias or field
            said = self.schema(found["properties"][name], f"{place}.{name}")
            if field in told:
                said = {**said, "description": told[field]}
            if self.defaults and f"{noun.__name__}.{field}" not in UNSAID:
                said |= _default(info)
            properties[name] = said
        found["properties"] = properties


def _optional(raw: Schema, place: str) -> Schema:
    """Absent is the only way to say unset: of `X | None` remains X."""
    choices = [choice for choice in raw["anyOf"] if choice != {"type": "null"}]
    if len(choices) != 1:
        raise NotStructural(f"{place}: a CRD has no choice of types")
    return {**choices[0], **{name: said for name, said in raw.items() if name != "anyOf"}}


def _default(field: FieldInfo) -> Schema:
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, Noun):
        return {"default": value.model_dump(mode="json", by_alias=True, exclude_unset=True)}
    return {"default": value} if isinstance(value, str | int | float) else {}


def _collect(model: type[Noun], found: dict[str, type[Noun]]) -> None:
    """The model and all that it is made of, by name."""
    if model.__name__ in found:
        return
    found[model.__name__] = model
    for field in model.model_fields.values():
        for inner in _inside(field.annotation):
            _collect(inner, found)


def _inside(annotation: Any) -> Iterator[type[Noun]]:
    if isinstance(annotation, type) and issubclass(annotation, Noun):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def docstrings(noun: type[Noun]) -> dict[str, str]:
    """The text below each field. Read from the source, so that no other process pays for it."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(noun))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, below in pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            found[ast.unparse(field.target)] = " ".join(ast.literal_eval(below.value).split())
    return found
