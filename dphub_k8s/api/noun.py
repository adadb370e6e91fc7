"""What every noun has in common, and texts with their bounds."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

LONGEST_NAME = 128
LONGEST_PRODUCT = 52
MAX_COLUMNS = 512
MAX_LABELS = 64


class Noun(BaseModel):
    """An immutable piece of a declaration; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def shaped(**keywords: Any) -> Any:
    """What a CRD says of a text that admission has better words for."""
    return Field(json_schema_extra=keywords)


Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Label = Annotated[str, Field(max_length=63)]
Text = Annotated[str, Field(max_length=4096)]
# OData CSDL, simple identifiers.
Identifier = Annotated[
    str,
    shaped(
        pattern=r"^[\p{L}\p{Nl}_][\p{L}\p{Nl}_\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*$",
        maxLength=LONGEST_NAME,
    ),
]
ProductName = Annotated[
    str, shaped(pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", maxLength=LONGEST_PRODUCT)
]
# A column of a source, which may have any name.
Named = Annotated[str, shaped(minLength=1), Field(max_length=256)]
