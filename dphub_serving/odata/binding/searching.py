"""`$search`: a word or phrase is sought in every text, whatever the case of its letters."""

from collections.abc import Sequence
from typing import Literal as OneOf

from dphub_serving.odata.bound import (
    STRING,
    Column,
    Expression,
    Junction,
    Matches,
    Member,
    Not,
    Variable,
)
from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.searches import Combined, Excluded, Incomplete, Search, Term


def condition(tree: Search, operands: Sequence[Expression]) -> Expression:
    match tree:
        case Term(text) | Incomplete(text):
            return Matches(tuple(operands), text)
        case Excluded(inner):
            return Not(condition(inner, operands))
        case Combined(operator, terms):
            joined: OneOf["and", "or"] = "and" if operator == "AND" else "or"
            return Junction(joined, tuple(condition(each, operands) for each in terms))


def columns(entity_type: EntityType) -> list[Expression]:
    return [
        Column(each, STRING)
        for each in entity_type.properties
        if each.type.edm == STRING.edm and each.filterable and each.searchable
    ]


def texts(item: Variable, of: EntityType | None = None) -> list[Expression]:
    """Of a member of a collection: itself, or its properties; `of` is the type of an entity."""
    if item.type == STRING:
        return [item]
    unsought = {each.name for each in of.properties if not each.searchable} if of else set[str]()
    fields = [name for name, kind in item.type.fields if kind == STRING]
    return [Member(item, name, STRING) for name in fields if name not in unsought]
