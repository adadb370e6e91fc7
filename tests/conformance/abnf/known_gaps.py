"""The cases that the parser does not hold, by rule and text, each with its reason.

The parser knows no model (docs/decisions/0005): what only the kind of a name forbids, the model
refuses, as it does a complex `$value`; `$apply` is answered 501.
"""

from collections.abc import Mapping

_KIND = "needs the kind of a name: "

KNOWN_GAPS: Mapping[tuple[str, str], str] = {
    ("odataRelativeUri", "Categories(1)/Address/$value"): _KIND + "Address is complex",
    ("odataRelativeUri", "Categories(1)/Thumbnail/$value"): _KIND + "Thumbnail is a stream",
    ("queryOptions", "$apply=aggregate(Amount as Total)"): (
        _KIND + "Amount is a property, no custom aggregate"
    ),
    ("queryOptions", "$apply=join(ShipTo as Detail,identity)"): _KIND + "ShipTo is no collection",
}
