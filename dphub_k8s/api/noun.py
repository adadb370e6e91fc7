"""What every noun has in common."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """An immutable piece of a declaration; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
