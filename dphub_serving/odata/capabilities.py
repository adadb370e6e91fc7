"""What `$metadata` says about the service, as data that both of its writers read.

Only what is true now: a capability moves from False to True in the change that makes it so. The
level of conformance is not claimed before it is reached.
"""

from collections.abc import Mapping

from dphub_serving.odata.edm import EntitySet, EntityType, Property
from dphub_serving.odata.functions import FUNCTIONS

# A record's tuples are paths of properties.
AnnotationValue = bool | str | tuple[str, ...] | Mapping[str, bool | tuple[str, ...]]
Annotations = Mapping[str, AnnotationValue]

VOCABULARIES: Mapping[str, str] = {
    "Core": "Org.OData.Core.V1",
    "Capabilities": "Org.OData.Capabilities.V1",
}
VOCABULARY_URL = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{}.{}"

FILTER_FUNCTIONS = (
    *("eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "in", "any", "all"),
    *("add", "sub", "mul", "div", "divby", "mod", "case", "cast", "isof"),
    *FUNCTIONS,
)
OF_CONTAINER: Annotations = {
    "Core.ODataVersions": "4.0 4.01",
    "Capabilities.SupportedFormats": (
        "application/json;odata.metadata=minimal;IEEE754Compatible=false",
        "application/json;odata.metadata=minimal;IEEE754Compatible=true",
        "application/json;odata.metadata=none;IEEE754Compatible=false",
        "application/json;odata.metadata=none;IEEE754Compatible=true",
    ),
    "Capabilities.SupportedMetadataFormats": ("application/xml", "application/json"),
    "Capabilities.FilterFunctions": FILTER_FUNCTIONS,
    "Capabilities.KeyAsSegmentSupported": True,
    "Capabilities.BatchSupported": False,
    "Capabilities.CrossJoinSupported": False,
}

OF_ENTITY_SET: Annotations = {
    "Capabilities.TopSupported": True,
    "Capabilities.SkipSupported": True,
    "Capabilities.IndexableByKey": True,
    "Capabilities.CountRestrictions": {"Countable": True},
    "Capabilities.SortRestrictions": {"Sortable": True},
    "Capabilities.FilterRestrictions": {"Filterable": True},
    "Capabilities.SearchRestrictions": {"Searchable": True},
    "Capabilities.ComputeSupported": True,
    "Capabilities.ExpandRestrictions": {"Expandable": False},
    # What may stand in the parentheses behind a selected property.
    "Capabilities.SelectSupport": {
        "Supported": True,
        "Filterable": True,
        "Searchable": True,
        "TopSupported": True,
        "SkipSupported": True,
        "Countable": True,
        "Sortable": True,
    },
    "Capabilities.InsertRestrictions": {"Insertable": False},
    "Capabilities.UpdateRestrictions": {"Updatable": False},
    "Capabilities.DeleteRestrictions": {"Deletable": False},
}


def of_entity_set(entity_set: EntitySet) -> Annotations:
    return {**described(entity_set), **OF_ENTITY_SET, **_restricted(entity_set.type)}


def _restricted(entity_type: EntityType) -> Annotations:
    """Where some properties cannot be filtered or ordered by."""
    found: dict[str, AnnotationValue] = {}
    properties = entity_type.properties
    if names := tuple(each.name for each in properties if not each.filterable):
        found["Capabilities.FilterRestrictions"] = {
            "Filterable": len(names) < len(properties),
            "NonFilterableProperties": names,
        }
    if names := tuple(
        each.name for each in properties if not each.orderable or each.type.is_nested
    ):
        found["Capabilities.SortRestrictions"] = {
            "Sortable": len(names) < len(properties),
            "NonSortableProperties": names,
        }
    if entity_type.navigation:
        found["Capabilities.ExpandRestrictions"] = {"Expandable": True}
    return found


def described(thing: EntitySet | EntityType | Property) -> Annotations:
    return {"Core.Description": thing.description} if thing.description else {}
