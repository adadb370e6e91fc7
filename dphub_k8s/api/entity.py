"""What is published: the entity, its columns and its key."""

from typing import Literal

from pydantic import Field, StrictBool

from dphub_k8s.api.keys import KeyRecipe, key_kind
from dphub_k8s.api.noun import Noun
from dphub_k8s.api.types import ColumnType, key_type, parse_type

Classification = Literal["public", "internal", "confidential", "restricted"]


class Column(Noun):
    """One published column. `source` is `alias.column`, names after `rename`."""

    name: str
    type: str
    generated: StrictBool = False
    source: str | None = None
    description: str | None = None
    nullable: StrictBool = True
    classification: Classification | None = None

    @property
    def kind(self) -> ColumnType:
        """Raises UnknownType; admission has asked before."""
        declared = parse_type(self.type)
        return key_type(declared) if self.generated else declared


class Entity(Noun):
    """The rows that a product publishes: these columns exactly, in this order."""

    name: str
    key_column: str
    columns: tuple[Column, ...] = Field(min_length=1)
    sort: tuple[str, ...] = ()

    @property
    def key(self) -> Column:
        return next(column for column in self.columns if column.name == self.key_column)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that are read from the sources; a generated key is derived from them."""
        return tuple(column for column in self.columns if not column.generated)

    @property
    def physical(self) -> tuple[Column, ...]:
        """The columns that a snapshot's files hold: a generated text key spells its row instead."""
        derived = self.key.generated and key_kind(self.key.kind) == "text"
        return self.stored if derived else self.columns

    @property
    def storage_order(self) -> tuple[Column, ...]:
        """The order of rows in a snapshot: `sort`, then a declared key, then all the others, lists
        and structs last: nobody can ask for their order."""
        first = [*self.sort, *([] if self.key.generated else [self.key_column])]
        nested_last = sorted(self.stored, key=lambda column: column.kind.is_nested)
        by_name = {column.name: column for column in nested_last}
        return tuple(by_name[name] for name in dict.fromkeys([*first, *by_name]))

    def recipe(self) -> KeyRecipe | None:
        """How the key is made, or None for a key that is a column of the sources.

        The parts stand in the order of declaration, so that another `sort` changes no key.
        """
        if not self.key.generated:
            return None
        columns = tuple((column.name, column.kind) for column in self.stored)
        return KeyRecipe(key_kind(self.key.kind), columns)
