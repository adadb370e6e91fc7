"""What a cluster has to hold for a product. Pure."""

from typing import Any

from dphub_k8s.api.product import KIND, DataProduct
from dphub_k8s.reconcile.manifest import MANAGED_BY, PRODUCT, PRODUCT_UID, Manifest
from dphub_k8s.reconcile.settings import Exposure, ObjectSettings

# Room for suffixes within the 63 characters of a label.
PREFIX = "dp-"


def desired(
    product: DataProduct, uid: str, namespace: str, settings: ObjectSettings
) -> tuple[Manifest, ...]:
    """A dependent lives in the namespace of its product, and an Ingress in that of its Service: so
    only products beside the hub have one."""
    if settings.exposure is None or namespace != settings.cluster.namespace:
        return ()
    return (_ingress(product, _metadata(product, uid, namespace, settings), settings.exposure),)


def _ingress(product: DataProduct, metadata: Manifest, exposure: Exposure) -> Manifest:
    port = {"number": exposure.port} if isinstance(exposure.port, int) else {"name": exposure.port}
    path = {
        "path": f"/odata/{product.route}",
        "pathType": "Prefix",
        "backend": {"service": {"name": exposure.service, "port": port}},
    }
    host = {"host": exposure.host} if exposure.host else {}
    spec: dict[str, Any] = {"rules": [{**host, "http": {"paths": [path]}}]}
    if exposure.ingress_class:
        spec["ingressClassName"] = exposure.ingress_class
    if exposure.tls:
        hosts = {"hosts": [exposure.host]} if exposure.host else {}
        spec["tls"] = [{**hosts, "secretName": exposure.tls}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    }


def _metadata(product: DataProduct, uid: str, namespace: str, settings: ObjectSettings) -> Manifest:
    owner = {
        "apiVersion": settings.cluster.api_version,
        "kind": KIND,
        "name": product.name,
        "uid": uid,
        "controller": True,
        # OwnerReferencesPermissionEnforcement: True needs a right on `dataproducts/finalizers`.
        "blockOwnerDeletion": False,
    }
    return {
        "name": f"{PREFIX}{product.name}",
        "namespace": namespace,
        "labels": {**MANAGED_BY, PRODUCT: product.name, PRODUCT_UID: uid},
        "ownerReferences": [owner],
    }
