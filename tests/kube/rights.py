"""The rights that the manifests give."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "charts" / "manifests"
HOME = "data-products"
ACCOUNT = "data-product-hub"
SERVING = "data-product-hub-serving"


def manifests(file: str, home: str = HOME) -> list[dict[str, Any]]:
    """As of a hub that is installed in the namespace `home`."""
    text = (FOLDER / file).read_text().replace(f"namespace: {HOME}\n", f"namespace: {home}\n")
    return [document for document in yaml.safe_load_all(text) if document]


@dataclass(frozen=True)
class Right:
    """`namespace` is None for all."""

    verb: str
    group: str
    resource: str
    namespace: str | None


def granted(documents: list[dict[str, Any]], namespace: str = "") -> Iterator[Right]:
    """To the account of the hub, where roles without a namespace are applied in `namespace`."""
    roles = {
        (each["kind"], each["metadata"]["name"]): each["rules"]
        for each in documents
        if each["kind"] in ("Role", "ClusterRole")
    }
    for binding in documents:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        assert [each["name"] for each in binding["subjects"]] == [ACCOUNT]
        everywhere = binding["kind"] == "ClusterRoleBinding"
        where = None if everywhere else binding["metadata"].get("namespace", namespace)
        for rule in roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for verb in rule["verbs"]:
                        yield Right(verb, group, resource, where)
