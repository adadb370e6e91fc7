"""The control information `type`: OData JSON Format 4.01, section 4.6.3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dphub_serving.odata.edm import EntityType, Path
from dphub_serving.odata.negotiation import Format

# What JSON itself tells apart.
_KNOWN = frozenset({"Edm.String", "Edm.Boolean"})


class Kind(Protocol):
    """A type: of a column, or of an expression."""

    @property
    def edm(self) -> str: ...
    @property
    def item(self) -> "Kind | None": ...
    @property
    def fields(self) -> Sequence[tuple[str, "Kind"]]: ...


@dataclass(frozen=True, slots=True)
class Types:
    """The names of the types of an entity's values, as metadata=full writes them."""

    of: EntityType
    form: Format

    @property
    def control(self) -> str:
        return self.form.control("type")

    @property
    def entity(self) -> str:
        return f"#{self.of.qualified_name}"

    def name(self, path: Path, kind: Kind) -> str | None:
        """None where JSON shows the type already. `path` leads to the value."""
        each = kind.item or kind
        if each.fields:
            shown = f"{self.of.namespace}.{self.of.complex_types[path].name}"
        elif kind.item is None and kind.edm in _KNOWN:
            return None
        else:
            shown = each.edm.removeprefix("Edm.")
        if kind.item:
            shown = f"Collection({shown})"
        # Since 4.01 names of built-in types have no hash in front.
        return shown if self.form.version != "4.0" and not each.fields else f"#{shown}"
