"""The programs of a control plane, where `make kube` puts them: outside the work tree."""

import os
from pathlib import Path

KUBERNETES = "1.36.3"
ETCD = "3.6.8"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dphub-tests"
FOLDER = CACHE / "kube" / f"{KUBERNETES}-etcd-{ETCD}"


class Missing(Exception):
    """There are no programs; the message says how to get them."""


def folder() -> Path:
    """The folder appears with all of them in it, or not at all. Raises Missing."""
    if not FOLDER.is_dir():
        raise Missing("no Kubernetes control plane: `make kube` builds one, and needs Go")
    return FOLDER
