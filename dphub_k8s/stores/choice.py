"""The store of this process, as the settings name it.

The client of a cluster is loaded only where products are kept in one.
"""

import os
from collections.abc import Mapping

from dphub_k8s.settings import InvalidSetting, Settings
from dphub_k8s.stores.base import ProductStore
from dphub_k8s.stores.directory import DirectoryStore

KINDS = ("directory", "cluster")


def kind(env: Mapping[str, str] = os.environ) -> str:
    """Raises InvalidSetting."""
    found = env.get("DPHUB_STORE") or "directory"
    if found not in KINDS:
        raise InvalidSetting(f"DPHUB_STORE is {' or '.join(KINDS)}, not {found!r}")
    return found


def place(settings: Settings) -> str:
    """Where products are declared, in words. Raises StoreError for a cluster that refuses."""
    if kind() == "directory":
        settings.products.mkdir(parents=True, exist_ok=True)
        return str(settings.products)
    from dphub_k8s.cluster.settings import ClusterSettings
    from dphub_k8s.stores import cluster

    return cluster.reached(ClusterSettings.read())


def opened(settings: Settings) -> ProductStore:
    """Nothing is asked of it yet. Raises InvalidSetting."""
    if kind() == "directory":
        return DirectoryStore(settings.products, settings.store_state)
    from dphub_k8s.cluster.settings import ClusterSettings
    from dphub_k8s.stores.cluster import ClusterStore

    return ClusterStore(ClusterSettings.read())
