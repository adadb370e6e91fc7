"""What `$metadata` says about the service, as data that both of its writers read.

Only what is true now: a capability moves from False to True in the change that makes it so, and so
does the level of conformance.
"""

from collections.abc import Mapping

from dphub_serving.odata.annotations import Annotations, Constant, Kind, Value, paths
from dphub_serving.odata.batch import multipart, objects
from dphub_serving.odata.edm import MOST_LEVELS, EntitySet, EntityType, Property, Service
from dphub_serving.odata.functions import FUNCTIONS

_FILTERS = (
    *("eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "in", "any", "all"),
    *("add", "sub", "mul", "div", "divby", "mod", "case", "cast", "isof"),
    *FUNCTIONS,
)
_OF_CONTAINER: Annotations = {
    "Core.ODataVersions": "4.0 4.01",
    "Capabilities.ConformanceLevel": Constant(
        "EnumMember", "Capabilities.ConformanceLevelType/Intermediate"
    ),
    "Core.ConventionalIDs": True,
    "Core.DereferenceableIDs": True,
    "Capabilities.SupportedFormats": tuple(
        f"application/json;odata.metadata={level};IEEE754Compatible={whether}"
        for level in ("minimal", "none", "full")
        for whether in ("false", "true")
    ),
    "Capabilities.SupportedMetadataFormats": ("application/xml", "application/json"),
    "Capabilities.FilterFunctions": _FILTERS,
    "Capabilities.KeyAsSegmentSupported": True,
    "Capabilities.QuerySegmentSupported": True,
    "Capabilities.BatchSupported": True,
    "Capabilities.BatchContinueOnErrorSupported": True,
    "Capabilities.BatchSupport": {
        "Supported": True,
        "ContinueOnErrorSupported": True,
        "RequestDependencyConditionsSupported": False,
        "SupportedFormats": (multipart.MEDIA, objects.MEDIA),
    },
    "Capabilities.IsolationSupported": Constant(
        "EnumMember", "Capabilities.IsolationLevel/Snapshot"
    ),
    "Capabilities.CrossJoinSupported": False,
    "Capabilities.AnnotationValuesInQuerySupported": False,
}

# Options that `$select` takes in parentheses, of properties that are collections.
_WITHIN_SELECT: Mapping[str, bool] = {
    "Expandable": False,
    "Filterable": True,
    "Searchable": True,
    "TopSupported": True,
    "SkipSupported": True,
    "ComputeSupported": False,
    "Countable": True,
    "Sortable": True,
}

_OF_ENTITY_SET: Annotations = {
    "Capabilities.TopSupported": True,
    "Capabilities.SkipSupported": True,
    "Capabilities.IndexableByKey": True,
    "Capabilities.ComputeSupported": True,
    "Capabilities.CountRestrictions": {"Countable": True},
    "Capabilities.SearchRestrictions": {"Searchable": True},
    "Capabilities.SelectSupport": {"Supported": True, **_WITHIN_SELECT},
    "Capabilities.ChangeTracking": {"Supported": False},
    "Capabilities.InsertRestrictions": {"Insertable": False},
    "Capabilities.UpdateRestrictions": {"Updatable": False},
    "Capabilities.DeleteRestrictions": {"Deletable": False},
}

# Of integers that Edm has no type for; a Decimal of 20 digits is more than JSON readers hold.
_BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "ushort": (0, 2**16 - 1),
    "uint": (0, 2**32 - 1),
    "ulong": (0, None),
}
_WRITTEN: Mapping[str, Kind] = {
    "Edm.Date": "Date",
    "Edm.DateTimeOffset": "DateTimeOffset",
    "Edm.Decimal": "Decimal",
    "Edm.Double": "Float",
    "Edm.Single": "Float",
    "Edm.TimeOfDay": "TimeOfDay",
    "Edm.Guid": "Guid",
}


def of_container(service: Service) -> Annotations:
    return {**_described(service.description), **_OF_CONTAINER}


def of_entity_set(entity_set: EntitySet) -> Annotations:
    return {
        **_described(entity_set.description),
        **_OF_ENTITY_SET,
        **_restrictions(entity_set.type),
    }


def of_entity_type(entity_type: EntityType) -> Annotations:
    return _described(entity_type.description)


def of_property(prop: Property) -> Annotations:
    found: dict[str, Value] = {**_described(prop.description)}
    if prop.computed:
        found["Core.Computed"] = True
    if prop.type.name == "json":
        found["Core.MediaType"] = "application/json"
    return {**found, **_valid(prop)}


def _described(text: str | None) -> Annotations:
    return {"Core.Description": text} if text else {}


def _restrictions(entity_type: EntityType) -> Annotations:
    """What can be filtered and ordered by, and how far navigation leads."""
    properties = entity_type.properties
    fixed = tuple(each.name for each in properties if not each.filterable)
    unsorted = tuple(each.name for each in properties if not each.orderable or each.type.is_nested)
    filters: dict[str, Value] = {"Filterable": len(fixed) < len(properties)}
    sorts: dict[str, Value] = {"Sortable": len(unsorted) < len(properties)}
    expands: dict[str, Value] = {"Expandable": bool(entity_type.navigation)}
    if entity_type.navigation:
        filters["MaxLevels"] = MOST_LEVELS
        expands["MaxLevels"] = MOST_LEVELS
    if fixed:
        filters["NonFilterableProperties"] = paths(fixed)
    if unsorted:
        sorts["NonSortableProperties"] = paths(unsorted)
    return {
        "Capabilities.FilterRestrictions": filters,
        "Capabilities.SortRestrictions": sorts,
        "Capabilities.ExpandRestrictions": expands,
    }


def _valid(prop: Property) -> Annotations:
    """Which values there may be, as far as the type or a rule of the product says."""
    lowest, highest = _BOUNDS.get(prop.type.name, (None, None))
    valid = prop.valid
    found: dict[str, Value] = {}
    if valid.values:
        found["Validation.AllowedValues"] = tuple(
            {"Value": _value(prop, each)} for each in valid.values
        )
    if (least := lowest if valid.minimum is None else valid.minimum) is not None:
        found["Validation.Minimum"] = _value(prop, least)
    if (most := highest if valid.maximum is None else valid.maximum) is not None:
        found["Validation.Maximum"] = _value(prop, most)
    if valid.pattern is not None:
        found["Validation.Pattern"] = valid.pattern
    return found


def _value(prop: Property, value: bool | float | str) -> Value:
    kind = _WRITTEN.get(prop.type.edm)
    if kind is None or isinstance(value, bool):
        return value if isinstance(value, bool | int | str) else Constant("Float", str(value))
    return Constant(kind, str(value))
