"""How the rows of one entity lead to those of another, and whether their columns fit."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from dphub_k8s.api.errors import unknown
from dphub_k8s.api.noun import LONGEST_NAME, LONGEST_PRODUCT, Identifier, Name, Noun, shaped
from dphub_k8s.api.types import ColumnType

Multiplicity = Literal["one", "zeroOrOne", "many"]
MAX_NAVIGATION = 32
MAX_NAVIGATION_KEYS = 16
SET = r"/[\p{L}\p{Nl}_][\p{L}\p{Nl}_\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*"
TARGET = f"^[a-z0-9]([-a-z0-9]*[a-z0-9])?({SET})?$"
# Their values are not equal where they look so, or no client can write them into a URL.
NEVER_RELATED = {"Edm.Double", "Edm.Single", "Edm.Binary"}


class NavigationKey(Noun):
    """A pair of columns that are equal in rows that belong together."""

    left: Name
    """A published column of this entity."""
    right: Name
    """A published column of the target."""


class Navigation(Noun):
    """A way from each row to rows of another set, or of the same one."""

    name: Identifier
    """The navigation property: an OData identifier that no column has, whatever the case."""
    target: Annotated[str, shaped(pattern=TARGET, maxLength=LONGEST_PRODUCT + 1 + LONGEST_NAME)]
    """A product, or a set of it: product/EntitySet. It need not be there yet."""
    keys: tuple[NavigationKey, ...] = Field(min_length=1, max_length=MAX_NAVIGATION_KEYS)
    """What is equal in rows that belong together; null is equal to nothing."""
    multiplicity: Multiplicity
    """How many rows of the target belong to a row: one, zeroOrOne or many."""

    @property
    def product(self) -> str:
        return self.target.partition("/")[0]

    @property
    def entity_set(self) -> str | None:
        """None is the product's own."""
        return self.target.partition("/")[2] or None

    def misfit(self, left: Mapping[str, ColumnType], right: Mapping[str, ColumnType]) -> str | None:
        """Why columns of these types cannot tell which rows belong together, or None."""
        for key in self.keys:
            kind, there = left.get(key.left), right.get(key.right)
            if kind is None:
                return unknown(key.left, "column to navigate by", left)
            if there is None:
                return unknown(key.right, f"column of {self.target} to navigate by", right)
            if not related(kind, there):
                told = f"{key.left} is {kind.name}, {key.right} of {self.target} is {there.name}"
                return f"{told}: such values are never equal"
        return None


def leads(kind: ColumnType) -> bool:
    """Whether values of this type can tell which rows belong together."""
    return not kind.is_nested and kind.edm not in NEVER_RELATED


def related(left: ColumnType, right: ColumnType) -> bool:
    """Whether some values of the two types are equal."""
    if not (leads(left) and leads(right)):
        return False
    return left.edm == right.edm or (_is_exact(left) and _is_exact(right))


def _is_exact(kind: ColumnType) -> bool:
    return kind.is_integer or kind.edm == "Edm.Decimal"
