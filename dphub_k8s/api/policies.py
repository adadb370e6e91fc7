"""How a product is served and kept."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from dphub_k8s.api.noun import MAX_COLUMNS, Identifier, Name, Noun, shaped

MAX_PAGE = 100_000
SEGMENT = "/[A-Za-z0-9][A-Za-z0-9._~-]*"
PROTOCOLS = ("odata",)

# First segments of the service's own URLs; `v1` and the like are kept for versions of the API.
_RESERVED = """
    odata internal api apis products product register_product register_lineage lineage analytics
    health livez readyz startupz metrics docs redoc openapi.json catalog catalogs model schemas
    subjects audit dsp .well-known assets
"""
RESERVED = frozenset(_RESERVED.split())
VERSION = "v[0-9]+"


class Api(Noun):
    """Where a product answers. `path` is one segment with its slash, by default its name."""

    path: Annotated[str, shaped(pattern=f"^{SEGMENT}/?$", maxLength=253)] | None = None
    """The route: '/' and one segment, unique in the hub; by default the product's name."""
    version: str = Field(default="v1", max_length=16)
    """Of the interface; kept, without effect."""
    protocol: str = Field(default="odata", max_length=16)
    """What is spoken: odata."""
    resource: Identifier | None = None
    """Name of the entity set: an OData identifier; by default entity.name."""


class ODataPolicy(Noun):
    """Page sizes in rows: `max_top` and `default_top` of `/odata/<product>`, else `page_size`.

    `filterable` and `orderable` are the columns that `$filter` and `$orderby` may name; None
    is all.
    """

    max_top: StrictInt = Field(default=1000, ge=1, le=MAX_PAGE)
    """Most rows of a page of /odata/<product>; a greater $top is cut to it."""
    default_top: StrictInt = Field(default=100, ge=1, le=MAX_PAGE)
    """Rows of a page without $top (default: 100, or max_top if that is less)."""
    page_size: StrictInt = Field(default=10_000, ge=1, le=MAX_PAGE)
    """Most rows of a page of the entity set."""
    count: Literal["always", "onRequest"] = "always"
    """Whether /odata/<product> counts unasked."""
    filterable: tuple[Name, ...] | None = Field(default=None, max_length=MAX_COLUMNS)
    """Columns that $filter may name; none given: all, []: none."""
    orderable: tuple[Name, ...] | None = Field(default=None, max_length=MAX_COLUMNS)
    """Columns that $orderby may name; none given: all, []: none."""


Lifecycle = Literal["active", "deprecated", "inactive"]
DataRetention = Literal["Retain", "Delete"]
