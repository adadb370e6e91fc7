"""What is published: the entity, its columns and its key."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from dphub_k8s.api.keys import KeyRecipe, key_kind
from dphub_k8s.api.navigation import MAX_NAVIGATION, Navigation, leads
from dphub_k8s.api.noun import MAX_COLUMNS, Identifier, Name, Noun, Text, shaped
from dphub_k8s.api.types import ColumnType, key_type, parse_type

Classification = Literal["public", "internal", "confidential", "restricted"]
# The primitive types that OData allows for a key, less those that are never equal to themselves.
NO_KEY = {"Edm.Double", "Edm.Single", "Edm.Binary"}
MAX_SORT = 64
LONGEST_TYPE = 4096


class Column(Noun):
    """One published column. `source` is `alias.column`, names after `rename`."""

    name: Identifier
    """An OData identifier, unique whatever the case."""
    type: str = Field(max_length=LONGEST_TYPE)
    """Such as long, decimal(18,2), list<string> or struct<day:date,value:double>."""
    generated: StrictBool = False
    """Only of the key: made of all other columns."""
    source: Annotated[str, shaped(pattern=r"^[^.]+\..+$", maxLength=512)] | None = None
    """alias.column, after rename; by default the source column of this name."""
    description: Text | None = None
    """Shown in Dagster and $metadata."""
    nullable: StrictBool = True
    """Whether there may be nulls (default: true); a key has none."""
    classification: Classification | None = None
    """How sensitive the values are: a tag of the column."""

    @property
    def kind(self) -> ColumnType:
        """Raises UnknownType; admission has asked before."""
        declared = parse_type(self.type)
        return key_type(declared) if self.generated else declared


class Entity(Noun):
    """The rows that a product publishes: these columns exactly, in this order."""

    name: Identifier
    """The entity type: an OData identifier."""
    key_column: Name
    """The column that identifies a row."""
    columns: tuple[Column, ...] = Field(min_length=1, max_length=MAX_COLUMNS)
    """What is published: these exactly, in this order."""
    sort: tuple[Name, ...] = Field(default=(), max_length=MAX_SORT)
    """How rows are stored: the order of pages without $orderby; by default the key comes first."""
    navigation: tuple[Navigation, ...] = Field(default=(), max_length=MAX_NAVIGATION)
    """Ways from a row to rows of other sets."""

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
    def leading(self) -> dict[str, ColumnType]:
        """The columns that navigation may name, here and from elsewhere."""
        return {column.name: column.kind for column in self.stored if leads(column.kind)}

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
