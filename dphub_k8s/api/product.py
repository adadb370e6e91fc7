"""The DataProduct: one declaration, from which everything else follows."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from dphub_k8s.api.entity import Entity
from dphub_k8s.api.keys import RECIPE
from dphub_k8s.api.noun import MAX_LABELS, Label, Noun, ProductName, Text, shaped
from dphub_k8s.api.policies import Api, DataRetention, Lifecycle, ODataPolicy
from dphub_k8s.api.quality import MAX_RULES, Rule
from dphub_k8s.api.refresh import Refresh
from dphub_k8s.api.sources import Backend

API_VERSION = "openness.ecostruxure.se.app/v1alpha1"
KIND = "DataProduct"
DIGEST_LENGTH = 16
# Dagster's freshness policies know no shorter window.
LEAST_STALENESS = 60
# 68 years, which every calculation with times has room for.
MOST_STALENESS = 2**31 - 1
# Raise this when the same spec and sources would be written as other rows or another order.
DATA_FORMAT = 1


class Metadata(Noun):
    """Who a product is; in a cluster the API server has its own rules for the rest."""

    name: ProductName
    """A DNS label of at most 52 characters."""
    namespace: str = "default"
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Spec(Noun):
    """What is read, what is published of it, and how."""

    description: Text | None = None
    """What the rows are; shown in Dagster and $metadata."""
    display_name: Label | None = Field(default=None, alias="displayName")
    """Title in Dagster."""
    domain: Annotated[Label, shaped(pattern=r"^[^/]*[^/\s\p{Z}][^/]*$")] = "default"
    """Whose data it is: the first part of the asset key."""
    catalog: Annotated[Label, shaped(pattern=r"^ *[^\p{C}\p{Z}](?:[^\p{C}\p{Z}]| )*$")] = "default"
    """The catalog that lists it: a tag in Dagster."""
    owner: str | None = Field(default=None, max_length=253)
    """An e-mail address, or a team (team:grid)."""
    tags: tuple[Label, ...] = Field(default=(), max_length=MAX_LABELS)
    """Tags of the asset."""
    version: str | None = Field(default=None, max_length=16)
    """Of the product, as its owner counts; kept, without effect."""
    lifecycle: Lifecycle = "active"
    """A tag in Dagster; served whatever it says."""
    deployment_mode: Literal["Shared", "Dedicated"] = Field(
        default="Shared", alias="deploymentMode"
    )
    """Served by the hub's one service, or by an own one."""
    api: Api = Api()
    """Where the product answers."""
    backend: Backend
    """What is read and joined."""
    entity: Entity
    """The rows that are published: columns and key."""
    odata: ODataPolicy = ODataPolicy()
    """Page sizes, and what clients may ask for."""
    quality: tuple[Rule, ...] = Field(default=(), max_length=MAX_RULES)
    """Rules that rows must keep, measured by each build; words of ODCS 3.1."""
    refresh: Refresh = Refresh(onChange=True)
    """When changes of the sources are picked up (default: onChange: true)."""
    max_staleness_seconds: StrictInt | None = Field(
        default=None, alias="maxStalenessSeconds", ge=LEAST_STALENESS, le=MOST_STALENESS
    )
    """An older snapshot is told (reason Stale); it is served all the same."""
    suspend: StrictBool = False
    """true: no build is started, what is published stays served."""
    data_retention: DataRetention = Field(default="Retain", alias="dataRetention")
    """What becomes of the published data when the product is deleted."""


class DataProduct(Noun):
    """Structure only; what must hold between the parts is admission's to say."""

    api_version: Literal["openness.ecostruxure.se.app/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["DataProduct"]
    metadata: Metadata
    spec: Spec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def route(self) -> str:
        """`<product>` in the URL: `api.path` without its slash."""
        return (self.spec.api.path or self.name).lstrip("/")

    @property
    def resource(self) -> str:
        """The name of the entity set."""
        return self.spec.api.resource or self.spec.entity.name

    def document(self) -> dict[str, Any]:
        """As it was written: only what was set, JSON types."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def spec_digest(self) -> str:
        """Changes with anything that is declared: description, owner and page sizes included."""
        return digest(self.document())

    def code_version(self) -> str:
        """Changes only with what shapes the data: sources, joins, published columns, key, order."""
        spec = self.spec
        shape = {
            "format": [DATA_FORMAT, RECIPE],
            "backend": spec.backend.model_dump(mode="json", exclude_defaults=True),
            "key": spec.entity.key_column,
            "sort": spec.entity.sort,
            "columns": [
                [column.name, column.kind.name, column.generated, column.source, column.nullable]
                for column in spec.entity.columns
            ],
        }
        return digest(shape)

    def rules_version(self) -> str:
        """Changes with what is checked: a new rule is evaluated by a build, over the same rows."""
        told = {"name", "description"}
        rules = [rule.model_dump(mode="json", exclude=told) for rule in self.spec.quality]
        return digest([[rule.title for rule in self.spec.quality], rules]) if rules else ""


def digest(value: object) -> str:
    """A short digest of anything that JSON can hold; the order of keys does not matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
