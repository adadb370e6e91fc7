"""What is read and how it is joined."""

from dphub_k8s.api.sources import ALIAS, OBJECT, SCHEMES
from dphub_k8s.crd.demand import Demand, every, whole

SOURCES = "spec.backend.sources"
SOURCE = f"{SOURCES}.*"
PATH = f"{SOURCE}.path"
JOIN = "spec.backend.joins[]"

SCHEME = "[A-Za-z][A-Za-z0-9+.-]+://"
WEB = "self.path.matches(r'^(?i:https?)://')"
PATTERN = r"self.path.matches(r'[*?\[]')"
# A suffix may be followed by that of a compression, and in a URL by a query.
ENDS = r"(\.zst)?(\.gz)?"
DELIMITED = rf"\.(csv|tsv){ENDS}"
OF_TABS = rf"self.path.matches(r'(?i)\.tsv{ENDS}$')"
IS_CSV = (
    "(has(self.format) ? self.format == 'csv' : has(self.path) && (self.path.matches("
    rf"r'(?i){DELIMITED}$') || self.path.matches(r'^(?i)https?://[^?#]*{DELIMITED}([?#]|$)')))"
)
IS_DELTA = "(has(self.format) && self.format == 'delta')"
QUOTE = "(has(self.options.quote) ? self.options.quote : '\"')"
DELIMITER = (
    "(has(self.options.delimiter) ? self.options.delimiter : "
    rf"has(self.path) && {OF_TABS} ? '\t' : ',')"
)
JOINED = "(has(self.joins) ? size(self.joins) : 0)"

OF_SOURCES = (
    every(
        SOURCES,
        "self",
        whole("x", ALIAS),
        "'<<x>>' is no alias: letters, digits, '_' and '-', no digit first",
    ),
    every(
        SOURCES,
        "self",
        "self.exists_one(y, x.lowerAscii() == y.lowerAscii())",
        "'<<x.lowerAscii()>>' is there twice",
    ),
    Demand(SOURCE, "!has(self.path) || !has(self.product)", "give 'path' or 'product', not both"),
    Demand(
        SOURCE,
        "has(self.path) || has(self.product)",
        "'path' is missing (or 'product', to read what another product publishes)",
        ".path",
    ),
    Demand(
        PATH,
        f"!self.matches(r'^{SCHEME}') || self.matches(r'^(?i:{'|'.join(SCHEMES)})://')",
        "'<<self.split('://')[0]>>' is no scheme",
    ),
    Demand(
        PATH,
        f"!self.matches(r'^{SCHEME}[^/?#]*@')",
        "a URL is shown to everybody: no user or password in it",
    ),
    Demand(
        PATH,
        r"!self.matches(r'(^|[/\\])\.\.([/\\]|$)')",
        "'<<self>>' leads upwards: '..' is not followed",
    ),
    Demand(
        PATH,
        f"!self.matches(r'^(?i:s3)://') || {whole('self', OBJECT)}",
        "'<<self>>' is not s3://BUCKET/KEY, one object without a pattern",
    ),
    Demand(f"{SOURCE}.rename", "!('' in self)", "a column's name is never empty"),
    every(
        "",
        "self.spec.backend.sources",
        "!has(self.spec.backend.sources[x].product)"
        " || self.spec.backend.sources[x].product != self.metadata.name",
        "<<self.metadata.name>> → <<self.metadata.name>>: a product cannot be made of itself",
        field=".spec.backend.sources",
    ),
)

OF_FORMATS = (
    *(
        Demand(
            SOURCE,
            f"!has(self.product) || !has(self.{field})",
            f"'{field}' is said of files; a product has none",
            f".{field}",
        )
        for field in ("format", "hive", "options")
    ),
    Demand(
        SOURCE,
        f"!has(self.options) || has(self.product) || {IS_CSV}",
        "options are of CSV files",
        ".options",
    ),
    Demand(
        SOURCE,
        "!has(self.hive) || !self.hive || has(self.product) || "
        f"(has(self.path) && {PATTERN} && !{WEB} && !{IS_DELTA})",
        "the folders of a pattern are meant, such as data/**/*.parquet",
        ".hive",
    ),
    Demand(
        SOURCE,
        f"!{IS_DELTA} || !has(self.path) || !({WEB} || {PATTERN})",
        "a Delta table is one folder of files, no pattern",
        ".path",
    ),
    Demand(
        SOURCE,
        f"!has(self.options) || {QUOTE} != {DELIMITER}",
        "the same character cannot be quote and delimiter",
        ".options",
    ),
)

OF_JOINS = (
    *(
        every(
            "spec.backend",
            f"self.joins.map(x, x.{side})",
            "x in self.sources",
            "'<<x>>' is no source",
            given="has(self.joins)",
            field=".joins",
        )
        for side in ("left", "right")
    ),
    Demand(
        "spec.backend",
        f"{JOINED} == size(self.sources) - 1",
        "n sources need n-1 joins",
        ".joins",
    ),
    Demand(
        JOIN,
        "self.left != self.right",
        "'<<self.left>>' is joined with itself; declare it twice, under two names",
    ),
    Demand(
        JOIN,
        "has(self.on) || has(self.__true__) || has(self.keys)",
        "'on' is missing (or 'keys', for columns whose names differ)",
    ),
    Demand(
        JOIN,
        "[has(self.on), has(self.__true__), has(self.keys)].filter(x, x).size() <= 1",
        "give 'on' or 'keys', not both",
    ),
)

DEMANDS = (*OF_SOURCES, *OF_FORMATS, *OF_JOINS)
