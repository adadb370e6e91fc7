"""Which cluster and which products in it, from the environment (`DPHUB_…`)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dphub_k8s.api.product import API_VERSION
from dphub_k8s.cluster.resource import Resource
from dphub_k8s.settings import InvalidSetting

PLURAL = "dataproducts"
GROUP, VERSION = API_VERSION.split("/")
# Where a pod reads its own namespace.
OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
DOMAIN = re.compile(rf"{LABEL.pattern}(\.{LABEL.pattern})+")
API = re.compile(r"v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?")


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """`namespace` is the hub's own, and that of products which name none. `namespaces` are those
    whose products count; none: all. `kubeconfig` None: as kubectl finds it."""

    kubeconfig: Path | None
    namespace: str
    namespaces: tuple[str, ...]
    group: str
    version: str

    @property
    def products(self) -> Resource:
        return Resource(self.group, self.version, PLURAL)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}"

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "ClusterSettings":
        """Raises InvalidSetting."""
        kubeconfig = env.get("DPHUB_KUBECONFIG")
        named = [each.strip() for each in (env.get("DPHUB_NAMESPACES") or "").split(",")]
        return cls(
            kubeconfig=Path(kubeconfig).absolute() if kubeconfig else None,
            namespace=_like("DPHUB_NAMESPACE", LABEL, env.get("DPHUB_NAMESPACE") or _own()),
            namespaces=tuple(_like("DPHUB_NAMESPACES", LABEL, each) for each in named if each),
            group=_like("DPHUB_API_GROUP", DOMAIN, env.get("DPHUB_API_GROUP") or GROUP),
            version=_like(
                "DPHUB_API_VERSION_NAME", API, env.get("DPHUB_API_VERSION_NAME") or VERSION
            ),
        )


def _own() -> str:
    return OWN_NAMESPACE.read_text().strip() if OWN_NAMESPACE.is_file() else "default"


def _like(variable: str, pattern: re.Pattern[str], found: str) -> str:
    if not pattern.fullmatch(found):
        raise InvalidSetting(f"{variable} cannot be {found!r}: it has to match {pattern.pattern}")
    return found
