"""The resources that the server knows: some of every cluster, and those of installed CRDs."""

from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    generation: bool = True
    status: bool = False
    unconditional: bool = True  # may be replaced without a resourceVersion
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    schema: Doc = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.group, self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def custom(self) -> bool:
        return bool(self.schema)


CRD = Kind(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
    namespaced=False, status=True, short=("crd", "crds"),
)  # fmt: skip
NAMESPACE = Kind(
    "", "v1", "namespaces", "Namespace", namespaced=False, generation=False, short=("ns",)
)
RBAC = "rbac.authorization.k8s.io"
BUILT_IN = (
    CRD,
    NAMESPACE,
    Kind("", "v1", "configmaps", "ConfigMap", generation=False, short=("cm",)),
    Kind("", "v1", "events", "Event", generation=False, short=("ev",)),
    Kind("", "v1", "secrets", "Secret", generation=False),
    Kind("", "v1", "services", "Service", generation=False, status=True, short=("svc",)),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", generation=False, short=("sa",)),
    Kind("apps", "v1", "deployments", "Deployment", status=True, short=("deploy",)),
    Kind("networking.k8s.io", "v1", "ingresses", "Ingress", status=True, short=("ing",)),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", short=("netpol",)),
    Kind(RBAC, "v1", "roles", "Role", generation=False),
    Kind(RBAC, "v1", "rolebindings", "RoleBinding", generation=False),
    Kind(RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False, generation=False),
    Kind(
        RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding",
        namespaced=False, generation=False,
    ),
)  # fmt: skip


def installed(crd: Doc) -> list[Kind]:
    """One for each served version."""
    spec = crd["spec"]
    names = spec["names"]
    return [
        Kind(
            spec["group"],
            version["name"],
            names["plural"],
            names["kind"],
            namespaced=spec["scope"] == "Namespaced",
            status="status" in version.get("subresources", {}),
            unconditional=False,
            short=tuple(names.get("shortNames", ())),
            categories=tuple(names.get("categories", ())),
            schema=version["schema"]["openAPIV3Schema"],
        )
        for version in spec["versions"]
        if version["served"]
    ]
