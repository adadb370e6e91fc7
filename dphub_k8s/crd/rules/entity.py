"""What is published: types, the key, the order."""

from collections.abc import Callable

from dphub_k8s.api.entity import NO_KEY
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.types import TYPES, ColumnType
from dphub_k8s.crd.demand import Demand, every, texts

ENTITY = "spec.entity"
COLUMN = f"{ENTITY}.columns[]"


def spellings(wanted: Callable[[ColumnType], bool]) -> str:
    return texts(name for kind in TYPES if wanted(kind) for name in (kind.name, *kind.aliases))


ALL = spellings(lambda _: True)
NEVER_A_KEY = spellings(lambda kind: kind.edm in NO_KEY)
MAKES_A_KEY = spellings(lambda kind: kind.is_integer or kind.edm in {"Edm.String", "Edm.Guid"})
BARE = texts(["decimal", "numeric"])
TYPE = "self.type.trim().lowerAscii()"
HAS_KEY = "self.columns.exists(x, x.name == self.key_column)"
IS_KEY = "x.name == self.key_column"
KEY_TYPE = "x.type.trim().lowerAscii()"

DEMANDS = (
    Demand(
        f"{COLUMN}.name",
        f"!(self.lowerAscii() in {texts([ORDINAL, ROW_NUMBER])})",
        "'<<self>>' is a name that the hub uses itself",
    ),
    Demand(
        COLUMN,
        f"{TYPE} in {ALL} || {TYPE} in {BARE} || {TYPE}.startsWith('decimal(')"
        f" || {TYPE}.startsWith('numeric(') || self.type.contains('<')",
        "'<<self.type>>' is no type",
        ".type",
    ),
    Demand(
        COLUMN,
        f"!({TYPE} in {BARE})",
        "'<<self.type>>' needs precision and scale, such as decimal(18,2)",
        ".type",
    ),
    every(
        "spec",
        "self.entity.columns.map(x, has(x.source), x.source.split('.')[0])",
        "x in self.backend.sources",
        "'<<x>>' is no source",
        field=".entity.columns",
    ),
    every(
        "spec",
        "self.backend.joins.map(x, x.how in ['semi', 'anti'], x.right)",
        "!self.entity.columns.exists(y, has(y.source) && y.source.startsWith(x + '.'))",
        "no column of '<<x>>' can be published: a semi or anti join only filters its left side",
        given="has(self.backend.joins)",
        field=".entity.columns",
    ),
    Demand(
        ENTITY,
        HAS_KEY,
        "'<<self.key_column>>' is no column of the entity",
        ".key_column",
    ),
    every(
        ENTITY,
        "self.columns",
        f"!x.generated || {IS_KEY}",
        "only the key can be generated, and that is '<<self.key_column>>'",
        given=HAS_KEY,
        field=".columns",
    ),
    Demand(
        ENTITY,
        "size(self.columns) > 1 || !self.columns[0].generated",
        "a key is generated from the other columns, and there are none",
        ".columns",
    ),
    every(
        ENTITY,
        "self.columns",
        f"!({IS_KEY}) || !has(x.nullable) || !x.nullable",
        "a key is never null; leave it out",
        field=".columns",
    ),
    Demand(
        COLUMN,
        "!self.generated || !has(self.source)",
        "the key is generated, it has no source",
        ".source",
    ),
    every(
        ENTITY,
        "self.columns",
        f"!({IS_KEY}) || x.generated || !(x.type.contains('<') || {KEY_TYPE} in {NEVER_A_KEY})",
        "this is no type of a key; use string, or a generated key",
        field=".columns",
    ),
    every(
        ENTITY,
        "self.columns",
        f"!({IS_KEY}) || !x.generated || {KEY_TYPE} in {MAKES_A_KEY}",
        "a generated key is a string, an integer or a uuid",
        field=".columns",
    ),
    every(
        ENTITY,
        "self.sort",
        "self.columns.exists(y, y.name == x && !y.generated && !y.type.endsWith('>'))",
        "'<<x>>' is no column to sort by",
        given="has(self.sort)",
        field=".sort",
    ),
    every(
        ENTITY,
        "self.sort",
        "self.sort.exists_one(y, y == x)",
        "'<<x>>' is there twice",
        given="has(self.sort)",
        field=".sort",
    ),
)
