"""The structure of a document: pydantic finds what is wrong, here it is said to a person."""

import re
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.product import DataProduct

Steps = tuple[str | int, ...]

WANTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "number_type": "a number",
    "scalar_type": "a text, a number, true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
}
LIMITS = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} character",
}


def nulls(draft: Draft, _: Context) -> Iterator[Problem]:
    """Absent is not null, so null is said nowhere."""
    for steps in _nulls(draft.document, ()):
        message = "null is no value here; write one, or leave the field out"
        yield Problem(at(*steps), "Null", message)


def structure(draft: Draft, _: Context) -> Iterator[Problem]:
    try:
        DataProduct.model_validate(draft.document)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            if details["input"] is not None or details["type"] == "extra_forbidden":
                yield _problem(details)


def _nulls(value: object, steps: Steps) -> Iterator[Steps]:
    if value is None:
        yield steps
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _nulls(inner, (*steps, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _nulls(inner, (*steps, number))


def _problem(error: ErrorDetails) -> Problem:
    steps, kind, found = error["loc"], error["type"], error["input"]
    path = at(*steps)
    context = error.get("ctx", {})
    if kind == "missing":
        return Problem(path, "Missing", f"{str(steps[-1])!r} is missing")
    if kind == "extra_forbidden":
        fields = _fields(_type_at(steps[:-1]))
        return Problem(path, "UnknownField", unknown(str(steps[-1]), "field here", fields))
    if kind == "literal_error" and isinstance(found, str):
        known = re.findall(r"'([^']*)'", str(context["expected"]))
        return Problem(path, "UnknownValue", unknown(found, str(steps[-1]), known))
    if kind in WANTED:
        return Problem(path, "WrongType", f"{WANTED[kind]} is wanted, found {_said(found)}")
    if kind in LIMITS:
        wanted = LIMITS[kind].format(**context)
        return Problem(path, "OutOfRange", f"{wanted} is wanted, found {_said(found)}")
    return Problem(path, "Invalid", f"{error['msg']}; found {_said(found)}")


def _said(value: object) -> str:
    match value:
        case bool():
            return f"{str(value).lower()} (unless it is quoted, YAML reads it so)"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...") if value else "none"
        case int() | float():
            return f"the number {value}"
        case dict() | list() | tuple() if not value:
            return "none"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def _type_at(steps: Steps) -> Any:
    kind: Any = DataProduct
    for step in steps:
        kind = _given(_inside(kind, step))
    return kind


def _given(kind: Any) -> Any:
    """Without the None of a field that may be left out."""
    if get_origin(kind) in (Union, UnionType):
        return next(one for one in get_args(kind) if one is not NoneType)
    return kind


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _fields(kind).get(str(step))
    arguments = get_args(kind)
    return arguments[-1] if get_origin(kind) is dict else next(iter(arguments), None)


def _fields(kind: Any) -> dict[str, Any]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    found = kind.model_fields.items()
    return {field.alias or name: field.annotation for name, field in found}
