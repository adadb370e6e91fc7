"""How a product is served and when it is built."""

from dphub_k8s.crd.demand import Demand, every

REFRESH = "spec.refresh"
PUBLISHED = "self.entity.columns.map(x, x.name)"
ON_CHANGE = "(has(self.onChange) && self.onChange)"

DEMANDS = (
    Demand(
        "spec.odata",
        "!has(self.default_top) || self.default_top <= self.max_top",
        "default_top is more than max_top",
        ".default_top",
    ),
    *(
        every(
            "spec",
            f"self.odata.{field}",
            "x in names",
            "'<<x>>' is no column of the entity",
            given=f"has(self.odata.{field})",
            names=PUBLISHED,
            field=f".odata.{field}",
        )
        for field in ("filterable", "orderable")
    ),
    Demand(
        REFRESH,
        f"!has(self.cron) || !{ON_CHANGE}",
        "give 'onChange: true' or 'cron', not both",
    ),
    Demand(REFRESH, f"has(self.cron) || {ON_CHANGE}", "'cron' is missing (or 'onChange: true')"),
    Demand(
        REFRESH,
        "has(self.cron) || !has(self.timezone)",
        "a time zone belongs to a 'cron', and there is none",
        ".timezone",
    ),
    Demand(
        f"{REFRESH}.cron",
        r"self.matches(r'^\s*\S+(\s+\S+){4}\s*$')",
        "'<<self>>' is no cron schedule: five fields, such as '0 6 * * *'",
    ),
)
