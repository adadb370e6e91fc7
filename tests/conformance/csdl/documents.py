"""Services to describe: every type of the model, nested ones, nasty texts, the hub's."""

from dphub_k8s.api.types import TYPES, parse_type
from dphub_serving.odata.edm import (
    HUB_NAMESPACE,
    EntitySet,
    EntityType,
    NavigationProperty,
    Property,
    Service,
    Valid,
)

NASTY = "a<b & \"c\" 'd' \t\n ü 漢 🎉 ]]> \x00\x1f"

_SCALARS = tuple(Property(kind.name, kind) for kind in TYPES)
_NESTED = (
    "decimal(38,38)",
    "list<string>",
    "list<decimal(5,2)>",
    "list<timestamp>",
    "struct<a:int,b:struct<c:list<uuid>,d:decimal(9,3)>>",
    "list<struct<day:date,values:list<struct<x:double,y:binary>>>>",
)
_VALID = (
    Property("stage", parse_type("int"), valid=Valid((1, 2, 3), 1, 3)),
    Property("share", parse_type("double"), valid=Valid((), 0, 0.5)),
    Property("price", parse_type("decimal(9,2)"), valid=Valid((), 0.25, 10)),
    Property("since", parse_type("date"), valid=Valid((), "2024-02-29", None)),
    Property("at", parse_type("timestamp"), valid=Valid((), None, "2024-02-29T12:00:00+02:00")),
    Property("clock", parse_type("time"), valid=Valid((), "06:00:00", None)),
    Property("code", parse_type("string"), valid=Valid(("a", "b"), pattern="^[a-z]$")),
    Property("yes", parse_type("bool"), valid=Valid((True,))),
    Property("ref", parse_type("uuid"), valid=Valid(("6F9619FF-8B86-D011-B42D-00CF4FC964FF",))),
)
_LIMITED = (
    Property("id", parse_type("string"), nullable=False, description=NASTY, computed=True),
    Property("closed", parse_type("string"), filterable=False, orderable=False),
)


def _service(namespace: str, *properties: Property) -> Service:
    key = properties[0].name
    own = EntityType(namespace, "Row", (key,), properties, NASTY)
    return Service(namespace, (EntitySet("Rows", own, "All of them"),), NASTY)


def _related() -> Service:
    """Rows that lead to the others, which lead to each other and back."""
    number, text = parse_type("long"), parse_type("string")
    back = (("id", "other"),)
    rows = EntityType(
        "related",
        "Row",
        ("id",),
        (Property("id", text, nullable=False), Property("other", number)),
        navigation=(
            NavigationProperty(
                "one", "related.Other", "Others", (("other", "id"),), False, True, True
            ),
            NavigationProperty("exactly", "related.Other", "Others", (("other", "id"),), False),
        ),
    )
    others = EntityType(
        "related",
        "Other",
        ("id",),
        (Property("id", number, nullable=False),),
        navigation=(
            NavigationProperty("rows", "related.Row", "Rows", back, True),
            NavigationProperty("again", "related.Other", "Others", (("id", "id"),), True),
        ),
    )
    return Service("related", (EntitySet("Rows", rows), EntitySet("Others", others)))


SERVICES: dict[str, Service] = {
    "scalars": _service("scalars", *_SCALARS),
    "nested": _service(
        "nested",
        Property("id", parse_type("long")),
        *(Property(f"n{number}", parse_type(text)) for number, text in enumerate(_NESTED)),
    ),
    "valid": _service("valid", *_LIMITED, *_VALID),
    "without products": Service(HUB_NAMESPACE, ()),
}
SERVICES["hub"] = Service(
    HUB_NAMESPACE,
    tuple(
        EntitySet(name, service.sets[0].type) for name, service in SERVICES.items() if service.sets
    ),
)
SERVICES["related"] = _related()
