"""How a product is served and kept."""

from typing import Literal

from pydantic import Field, StrictInt

from dphub_k8s.api.noun import Noun

MAX_PAGE = 100_000


class Api(Noun):
    """Where a product answers. `path` is one segment with its slash, by default its name."""

    path: str | None = None
    version: str = "v1"
    protocol: str = "odata"
    resource: str | None = None


class ODataPolicy(Noun):
    """Page sizes in rows: `max_top` and `default_top` of `/odata/<product>`, else `page_size`.

    `filterable` and `orderable` are the columns that `$filter` and `$orderby` may name; None
    is all.
    """

    max_top: StrictInt = Field(default=1000, ge=1, le=MAX_PAGE)
    default_top: StrictInt = Field(default=100, ge=1, le=MAX_PAGE)
    page_size: StrictInt = Field(default=10_000, ge=1, le=MAX_PAGE)
    count: Literal["always", "onRequest"] = "always"
    filterable: tuple[str, ...] | None = None
    orderable: tuple[str, ...] | None = None


Lifecycle = Literal["active", "deprecated", "inactive"]
DataRetention = Literal["Retain", "Delete"]
