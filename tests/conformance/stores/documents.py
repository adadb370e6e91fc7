"""The smallest product, in the namespace that every store has."""

from typing import Any

from tests import factories


def product(name: str, **spec: Any) -> dict[str, Any]:
    document = factories.product(name, **spec)
    document["metadata"]["namespace"] = "default"
    return document
