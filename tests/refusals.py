"""Products that one look at them refuses, with what is said: by the folder and by a cluster alike.

`CEL` is what a rule of the CRD says; what its schema does not take is in `tests.shapes`. A cluster
says `words` at `place`; the folder says the same words, after which it may tell more.
"""

from dataclasses import dataclass
from typing import Any

from tests.factories import DROPPED, changed, product
from tests.unit.k8s.admission.documents import TWO, column, key, source

Document = dict[str, Any]
JOIN = "spec.backend.joins.0"
SOURCE = "spec.backend.sources.orders"


@dataclass(frozen=True, slots=True)
class Refusal:
    document: Document
    place: str
    words: str


def rule(metric: str, **said: Any) -> Document:
    return product(quality=[{"metric": metric, **said}])


def way(**said: Any) -> Document:
    keys = [{"left": "item", "right": "item"}]
    return {
        "name": "others",
        "target": "others/Items",
        "keys": keys,
        "multiplicity": "many",
        **said,
    }


def navigating(**said: Any) -> Document:
    return changed(product(), "spec.entity.navigation", [way(**said)])


R = Refusal
CEL = (
    R(
        product("lineage"),
        "metadata.name",
        "'lineage' is a path that the service uses itself; give an api.path",
    ),
    R(
        product("v1"),
        "metadata.name",
        "'v1' is a path that the service uses itself; give an api.path",
    ),
    R(product(domain="API"), "spec.domain", "'API' is a name that the service uses itself"),
    R(
        product(api={"path": "/openapi.json"}),
        "spec.api.path",
        "'/openapi.json' is a path that the service uses itself",
    ),
    R(product(api={"protocol": "SOAP"}), "spec.api.protocol", "'soap' is no protocol"),
    R(
        product(sources={"1a": {"path": "x"}}),
        "spec.backend.sources",
        "'1a' is no alias: letters, digits, '_' and '-', no digit first",
    ),
    R(
        product(sources={"a": {"path": "x"}, "A": {"path": "y"}}),
        "spec.backend.sources",
        "'a' is there twice",
    ),
    R(source(product="others"), SOURCE, "give 'path' or 'product', not both"),
    R(
        product(sources={"orders": {"rename": {"a": "b"}}}),
        f"{SOURCE}.path",
        "'path' is missing (or 'product', to read what another product publishes)",
    ),
    R(source(path="gs://a/b"), f"{SOURCE}.path", "'gs' is no scheme"),
    R(
        source(path="https://user:word@host/x.csv"),
        f"{SOURCE}.path",
        "a URL is shown to everybody: no user or password in it",
    ),
    R(source(path="a/../x"), f"{SOURCE}.path", "'a/../x' leads upwards: '..' is not followed"),
    R(
        source(path="s3://bucket/*.parquet"),
        f"{SOURCE}.path",
        "'s3://bucket/*.parquet' is not s3://BUCKET/KEY, one object without a pattern",
    ),
    R(source(rename={"": "x"}), f"{SOURCE}.rename", "a column's name is never empty"),
    R(
        product(sources={"orders": {"product": "orders"}}),
        "spec.backend.sources",
        "orders → orders: a product cannot be made of itself",
    ),
    *(
        R(
            product(sources={"orders": {"product": "others", field: value}}),
            f"{SOURCE}.{field}",
            f"'{field}' is said of files; a product has none",
        )
        for field, value in (("format", "csv"), ("hive", True), ("options", {"header": False}))
    ),
    R(source(options={"delimiter": ";"}), f"{SOURCE}.options", "options are of CSV files"),
    R(
        source(hive=True),
        f"{SOURCE}.hive",
        "the folders of a pattern are meant, such as data/**/*.parquet",
    ),
    R(
        source(path="a*", format="delta"),
        f"{SOURCE}.path",
        "a Delta table is one folder of files, no pattern",
    ),
    R(
        source(path="a.csv", options={"delimiter": '"'}),
        f"{SOURCE}.options",
        "the same character cannot be quote and delimiter",
    ),
    R(changed(TWO, f"{JOIN}.left", "order"), "spec.backend.joins", "'order' is no source"),
    R(changed(TWO, f"{JOIN}.right", "item"), "spec.backend.joins", "'item' is no source"),
    R(
        changed(TWO, "spec.backend.joins", DROPPED),
        "spec.backend.joins",
        "n sources need n-1 joins",
    ),
    R(
        product(sources="ab", joins=[{"left": "a", "right": "b", "on": ["x"]}] * 2),
        "spec.backend.joins",
        "n sources need n-1 joins",
    ),
    R(
        changed(TWO, f"{JOIN}.right", "orders"),
        "spec.backend.joins[0]",
        "'orders' is joined with itself; declare it twice, under two names",
    ),
    R(
        changed(TWO, f"{JOIN}.on", DROPPED),
        "spec.backend.joins[0]",
        "'on' is missing (or 'keys', for columns whose names differ)",
    ),
    R(
        changed(TWO, f"{JOIN}.keys", [{"left": "a", "right": "b"}]),
        "spec.backend.joins[0]",
        "give 'on' or 'keys', not both",
    ),
    R(
        column(name="_Ordinal"),
        "spec.entity.columns[1].name",
        "'_Ordinal' is a name that the hub uses itself",
    ),
    R(column(type="strng"), "spec.entity.columns[1].type", "'strng' is no type"),
    R(
        column(type="decimal"),
        "spec.entity.columns[1].type",
        "'decimal' needs precision and scale, such as decimal(18,2)",
    ),
    R(column(source="order.item"), "spec.entity.columns", "'order' is no source"),
    R(
        changed(changed(TWO, f"{JOIN}.how", "semi"), "spec.entity.columns.1.source", "items.item"),
        "spec.entity.columns",
        "no column of 'items' can be published: a semi or anti join only filters its left side",
    ),
    R(
        changed(TWO, "spec.entity.key_column", "itm"),
        "spec.entity.key_column",
        "'itm' is no column of the entity",
    ),
    R(
        column(generated=True),
        "spec.entity.columns",
        "only the key can be generated, and that is 'id'",
    ),
    R(
        product(columns={"id": {"type": "string", "generated": True}}),
        "spec.entity.columns",
        "a key is generated from the other columns, and there are none",
    ),
    R(key(nullable=True), "spec.entity.columns", "a key is never null; leave it out"),
    R(
        key(generated=True, source="orders.id"),
        "spec.entity.columns[0].source",
        "the key is generated, it has no source",
    ),
    *(
        R(
            key(type=kind),
            "spec.entity.columns",
            "this is no type of a key; use string, or a generated key",
        )
        for kind in ("double", "Real", "list<string>")
    ),
    *(
        R(
            key(type=kind, generated=True),
            "spec.entity.columns",
            "a generated key is a string, an integer or a uuid",
        )
        for kind in ("date", "list<string>")
    ),
    R(
        changed(TWO, "spec.entity.sort", ["itm"]),
        "spec.entity.sort",
        "'itm' is no column to sort by",
    ),
    R(changed(TWO, "spec.entity.sort", ["id"]), "spec.entity.sort", "'id' is no column to sort by"),
    R(changed(TWO, "spec.entity.sort", ["item"] * 2), "spec.entity.sort", "'item' is there twice"),
    R(
        source(publish={"entitySet": "Raw", "key": "_Ordinal"}),
        f"{SOURCE}.publish.key",
        "'_Ordinal' is a name that the hub uses itself",
    ),
    *(
        R(
            source(publish={"entitySet": name, "key": "id"}),
            "spec.backend.sources",
            "'order' is the name of two sets or types",
        )
        for name in ("Order", "ORDER")
    ),
    R(
        changed(
            source(publish={"entitySet": "Sales", "key": "id"}), "spec.api", {"resource": "sales"}
        ),
        "spec.backend.sources",
        "'sales' is the name of two sets or types",
    ),
    R(
        changed(
            changed(TWO, f"{SOURCE}.publish", {"entitySet": "Raw", "key": "id"}),
            "spec.backend.sources.items.publish",
            {"entitySet": "raw", "key": "id"},
        ),
        "spec.backend.sources",
        "'raw' is the name of two sets or types",
    ),
    R(
        navigating(name="ITEM"),
        "spec.entity.navigation",
        "'ITEM' is the name of a column (case does not count)",
    ),
    R(
        changed(navigating(), "spec.entity.navigation.1", way(name="OTHERS")),
        "spec.entity.navigation",
        "'others' is there twice (case does not count)",
    ),
    *(
        R(
            navigating(keys=[{"left": "item", "right": "item"}, {"left": left, "right": "x"}]),
            "spec.entity.navigation",
            "a left key of 'others' is no column to navigate by",
        )
        for left in ("itm", "id")
    ),
    R(
        changed(navigating(), "spec.entity.columns.1.type", "list<string>"),
        "spec.entity.navigation",
        "a left key of 'others' is no column to navigate by",
    ),
    R(
        product(odata={"max_top": 10, "default_top": 20}),
        "spec.odata.default_top",
        "default_top is more than max_top",
    ),
    *(
        R(
            product(odata={field: ["itm"]}),
            f"spec.odata.{field}",
            "'itm' is no column of the entity",
        )
        for field in ("filterable", "orderable")
    ),
    R(
        product(refresh={"onChange": True, "cron": "* * * * *"}),
        "spec.refresh",
        "give 'onChange: true' or 'cron', not both",
    ),
    R(product(refresh={}), "spec.refresh", "'cron' is missing (or 'onChange: true')"),
    R(
        product(refresh={"onChange": True, "timezone": "UTC"}),
        "spec.refresh.timezone",
        "a time zone belongs to a 'cron', and there is none",
    ),
    R(
        product(refresh={"cron": "0 6 * *"}),
        "spec.refresh.cron",
        "'0 6 * *' is no cron schedule: five fields, such as '0 6 * * *'",
    ),
    *(
        R(
            rule("rowCount", **{field: value}),
            f"spec.quality[0].{field}",
            f"rowCount has no '{field}'",
        )
        for field, value in (
            ("column", "item"),
            ("columns", ["item"]),
            ("expression", "true"),
            ("arguments", {"minimum": 1}),
            ("unit", "rows"),
        )
    ),
    R(rule("nullValues"), "spec.quality[0]", "nullValues needs 'column'"),
    R(rule("duplicateValues"), "spec.quality[0]", "duplicateValues needs 'column' or 'columns'"),
    R(rule("expression"), "spec.quality[0]", "expression needs 'expression'"),
    R(
        rule("duplicateValues", column="item", columns=["item"]),
        "spec.quality[0]",
        "give 'column' or 'columns', not both",
    ),
    R(
        rule("rowCount", mustBe=3, mustBeLessThan=4),
        "spec.quality[0]",
        "one operator is wanted, found mustBe, mustBeLessThan",
    ),
    *(
        R(
            rule("rowCount", **{name: [2, 1]}),
            f"spec.quality[0].{name}",
            "the lower bound comes first",
        )
        for name in ("mustBeBetween", "mustNotBeBetween")
    ),
    R(
        product(columns={"at": "date"}, quality=[{"metric": "freshness", "column": "at"}]),
        "spec.quality[0]",
        "an operator is missing, such as mustBeLessThan: 86400 (seconds)",
    ),
    R(
        rule("invalidValues", column="item"),
        "spec.quality[0].arguments",
        "one is wanted of 'validValues', 'pattern', 'minimum', 'maximum'",
    ),
    R(rule("nullValues", column="itm"), "spec.quality", "'itm' is no column of the entity"),
)


def is_same(words: str, found: str) -> bool:
    """Whether a message of the folder is these words; what follows them is what would be right."""
    return found == words or found.startswith(tuple(words + more for more in ("; ", " (", ", ")))
