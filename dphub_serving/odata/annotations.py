"""What an annotation may say, so that CSDL XML and CSDL JSON can both write it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal[
    "Date",
    "DateTimeOffset",
    "Decimal",
    "EnumMember",
    "Float",
    "Guid",
    "NavigationPropertyPath",
    "PropertyPath",
    "TimeOfDay",
]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that needs its kind said in XML (CSDL XML 4.01, section 14.3): the element's name.

    An enumeration's `text` is `Alias.Type/Member`, with a blank between the members of flags.
    """

    kind: Kind
    text: str

    def plain(self) -> str | float:
        """As CSDL JSON writes it."""
        if self.kind in {"Decimal", "Float"}:
            exact = Decimal(self.text)
            return int(exact) if exact == exact.to_integral_value() else float(exact)
        if self.kind == "EnumMember":
            return ",".join(member.rpartition("/")[2] for member in self.text.split())
        return self.text


Value = bool | int | str | Constant | tuple["Value", ...] | Mapping[str, "Value"]
Annotations = Mapping[str, Value]

VOCABULARIES: Mapping[str, str] = {
    "Core": "Org.OData.Core.V1",
    "Capabilities": "Org.OData.Capabilities.V1",
    "Validation": "Org.OData.Validation.V1",
}
VOCABULARY_URL = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.{}"


def paths(names: tuple[str, ...]) -> tuple[Constant, ...]:
    return tuple(Constant("PropertyPath", name) for name in names)
