"""Sets beside the product's own: sources that are published, and navigation to others."""

from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.navigation import NEVER_RELATED
from dphub_k8s.crd.demand import Demand, every, texts
from dphub_k8s.crd.rules.entity import ENTITY, KEY_TYPE, spellings

NEVER = spellings(lambda kind: kind.edm in NEVER_RELATED)
LEADING = (
    f"self.columns.filter(x, !x.generated && !x.type.contains('<') && !({KEY_TYPE} in {NEVER}))"
    ".map(x, x.name)"
)
SETS = (
    "self.backend.sources.filter(x, has(self.backend.sources[x].publish))"
    ".map(x, self.backend.sources[x].publish.entitySet.lowerAscii())"
)
OWN = "[self.entity.name, has(self.api.resource) ? self.api.resource : self.entity.name]"

DEMANDS = (
    Demand(
        "spec.backend.sources.*.publish.key",
        f"!(self.lowerAscii() in {texts([ORDINAL, ROW_NUMBER])})",
        "'<<self>>' is a name that the hub uses itself",
    ),
    every(
        "spec",
        SETS,
        "names.exists_one(y, y == x)",
        "'<<x>>' is the name of two sets or types",
        names=f"{SETS} + {OWN}.map(x, x.lowerAscii())",
        field=".backend.sources",
    ),
    every(
        ENTITY,
        "self.navigation.map(x, x.name)",
        "!(x.lowerAscii() in names)",
        "'<<x>>' is the name of a column (case does not count)",
        given="has(self.navigation)",
        names="self.columns.map(x, x.name.lowerAscii())",
        field=".navigation",
    ),
    every(
        ENTITY,
        "self.navigation.map(x, x.name)",
        "self.navigation.exists_one(y, y.name.lowerAscii() == x.lowerAscii())",
        "'<<x.lowerAscii()>>' is there twice (case does not count)",
        given="has(self.navigation)",
        field=".navigation",
    ),
    every(
        ENTITY,
        "self.navigation",
        "x.keys.all(y, y.left in names)",
        "a left key of '<<x.name>>' is no column to navigate by",
        given="has(self.navigation)",
        names=LEADING,
        field=".navigation",
    ),
)
