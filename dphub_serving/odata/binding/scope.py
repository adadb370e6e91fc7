"""What the names of an expression mean, and where they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf

from dphub_serving.odata.ast import Expr
from dphub_serving.odata.bound import Computed, Variable
from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.parser import Written

Use = OneOf["filter", "order", "compute"]


@dataclass(frozen=True, slots=True)
class Scope:
    """`aliases` are what other options give; `reading` are those being read now.

    `variables` are those of any and all. Inside the options of a collection, names are those of its
    members: `instance` is one of them. `nested` is how many collections are around. `assigned` are
    aliases of these options alone. `expanded` says that `$it` is another entity: the one that they
    are brought along with.
    """

    entity_type: EntityType
    target: str
    aliases: Mapping[str, Written]
    use: Use = "filter"
    computed: Mapping[str, Computed] = field(default_factory=dict)
    reading: tuple[str, ...] = ()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    instance: Variable | None = None
    nested: int = 0
    assigned: Mapping[str, Expr] = field(default_factory=dict)
    expanded: bool = False
