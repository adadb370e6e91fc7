"""What is published: names that OData allows, types, the key, the order."""

import re
import unicodedata
from collections.abc import Iterator

from dphub_k8s.admission.backend import filtering
from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.api.entity import NO_KEY, Column
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER, key_kind
from dphub_k8s.api.noun import LONGEST_NAME
from dphub_k8s.api.types import ColumnType, UnknownType, parse_type

COLUMNS = ("spec", "entity", "columns")
# OData CSDL, simple identifiers: the Unicode categories of the first and of other characters.
FIRST = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
OTHER = FIRST | {"Nd", "Mn", "Mc", "Pc", "Cf"}


def names(draft: Draft, _: Context) -> Iterator[Problem]:
    for steps in (("spec", "entity", "name"), ("spec", "api", "resource")):
        found = draft.text(*steps)
        if found is not None:
            yield from identifier(found, at(*steps))


def columns(draft: Draft, _: Context) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, column in _known(draft):
        place = at(*COLUMNS, number, "name")
        yield from identifier(column.name, place)
        if column.name.lower() in (ORDINAL, ROW_NUMBER):
            yield Problem(place, "Reserved", f"{column.name!r} is a name that the hub uses itself")
        first = seen.setdefault(column.name.lower(), number)
        if first != number:
            message = f"{column.name!r} is there already, as columns[{first}] (case does not count)"
            yield Problem(place, "Duplicate", message)
        try:
            parse_type(column.type)
        except UnknownType as error:
            yield Problem(at(*COLUMNS, number, "type"), "UnknownType", str(error))


def column_sources(draft: Draft, _: Context) -> Iterator[Problem]:
    hidden = filtering(draft)
    for number, column in _known(draft):
        if column.source is None:
            continue
        place = at(*COLUMNS, number, "source")
        alias, dot, name = column.source.partition(".")
        if not (alias and dot and name):
            message = f"{column.source!r} is no column of a source: write alias.column"
            yield Problem(place, "InvalidSource", message)
        elif alias not in draft.sources:
            yield Problem(place, "UnknownSource", unknown(alias, "source", draft.sources))
        elif alias in hidden:
            join = draft.joins[hidden[alias]]
            message = (
                f"no column of {alias!r} can be published: a semi or anti join only filters its "
                f"left side; see {at('joins', hidden[alias])}, how: {join and join.how}"
            )
            yield Problem(place, "NotPublishable", message)


def key(draft: Draft, _: Context) -> Iterator[Problem]:
    wanted = draft.text("spec", "entity", "key_column")
    if wanted is not None and draft.columns_known and wanted not in draft.named:
        message = unknown(wanted, "column of the entity", draft.named)
        yield Problem(at("spec", "entity", "key_column"), "UnknownColumn", message)
    for number, column in _known(draft):
        if column.name == wanted:
            yield from _key(column, at(*COLUMNS, number))
        elif column.generated and wanted in draft.named:
            message = f"only the key can be generated, and that is {wanted!r}"
            yield Problem(at(*COLUMNS, number, "generated"), "NotTheKey", message)
    if len(draft.columns) == 1 and draft.columns[0] and draft.columns[0].generated:
        message = "a key is generated from the other columns, and there are none"
        yield Problem(at(*COLUMNS), "Empty", message)


def _key(column: Column, place: str) -> Iterator[Problem]:
    if column.nullable and "nullable" in column.model_fields_set:
        yield Problem(f"{place}.nullable", "NullableKey", "a key is never null; leave it out")
    if column.generated and column.source is not None:
        message = f"the key is generated, it has no source; found {column.source!r}"
        yield Problem(f"{place}.source", "GeneratedWithSource", message)
    try:
        _key_type(column, parse_type(column.type))
    except UnknownType:
        return
    except ValueError as error:
        yield Problem(f"{place}.type", "NoTypeOfAKey", str(error))


def _key_type(column: Column, declared: ColumnType) -> None:
    if column.generated:
        key_kind(declared)
    elif declared.edm in NO_KEY or declared.is_nested:
        wanted = "use string, or a generated key"
        raise ValueError(f"this is no type of a key; {wanted}; found {column.type!r}")


def sort(draft: Draft, _: Context) -> Iterator[Problem]:
    wanted = draft.document["spec"]["entity"].get("sort", []) if draft.columns_known else []
    generated = {column.name for _, column in _known(draft) if column.generated}
    nested = {column.name for _, column in _known(draft) if _is_nested(column)}
    stored = [name for name in draft.named if name not in generated | nested]
    for number, name in enumerate(wanted if isinstance(wanted, list) else []):
        place = at("spec", "entity", "sort", number)
        if isinstance(name, str) and name not in stored:
            yield Problem(place, "UnknownColumn", unknown(name, "column to sort by", stored))
        elif name in wanted[:number]:
            yield Problem(place, "Duplicate", f"{name!r} is there twice")


def _is_nested(column: Column) -> bool:
    try:
        return parse_type(column.type).is_nested
    except UnknownType:
        return False


def _known(draft: Draft) -> Iterator[tuple[int, Column]]:
    return ((number, column) for number, column in enumerate(draft.columns) if column)


def identifier(name: str, place: str) -> Iterator[Problem]:
    kinds = [unicodedata.category(char) for char in name.replace("_", "A")]
    if kinds and kinds[0] in FIRST and OTHER.issuperset(kinds) and len(name) <= LONGEST_NAME:
        return
    better = re.sub(r"\W+", "_", name)[:LONGEST_NAME]
    better = f"; such as {'_' * better[:1].isdigit() + better!r}" if better.strip("_") else ""
    yield Problem(
        place,
        "InvalidName",
        f"{name!r} is no name in OData: letters, digits and '_', no digit first, "
        f"at most {LONGEST_NAME}{better}",
    )
