"""Which cluster, and as whom: as kubectl would find it."""

import os
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client import Configuration

from dphub_k8s.cluster.errors import Unreachable

CONNECTIONS = 32


def configuration(kubeconfig: Path | None) -> Any:
    """Of the official client: address, certificates, and a token that it keeps fresh.

    Without a file: those that KUBECONFIG names, `~/.kube/config`, the service account of a pod.
    Raises Unreachable when there is nothing to go by.
    """
    found = Configuration()
    found.connection_pool_maxsize = CONNECTIONS
    files = str(kubeconfig) if kubeconfig else _usual()
    try:
        if files:
            context = _current(files)
            config.load_kube_config(files, context, found, persist_config=False)
        else:
            config.load_incluster_config(found)
    except Exception as error:  # the official client checks little of what it reads
        told = " ".join(str(error).split())
        where = files or "KUBECONFIG, ~/.kube/config and the service account of a pod"
        raise Unreachable(0, "NoCluster", f"no cluster in {where}: {told}") from error
    return found


def _current(files: str) -> str | None:
    """Of several files the first that names a context; the official client takes the last."""
    texts = (file.read_text() for file in map(Path, files.split(os.pathsep)) if file.is_file())
    named = (yaml.safe_load(text).get("current-context") for text in texts)
    return next(filter(None, named), None)


def _usual() -> str | None:
    if named := os.environ.get("KUBECONFIG"):
        return named
    own = Path.home() / ".kube" / "config"
    return str(own) if own.is_file() else None
