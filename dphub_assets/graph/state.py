"""The state of the Dagster component: what a process needs to make definitions, as text.

Of every product a text of its own, so that what did not change is known by it: it is neither
written nor read again.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dphub_assets.decide.declared import Declared
from dphub_assets.graph import names
from dphub_k8s.api.errors import Problem
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.shards import Shard


def state_key(shard: Shard) -> str:
    return f"{shard.location}-products"


class State:
    """Remembers the products that it has written or read last, with their texts."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Declared]] = {}

    def dump(self, found: Iterable[Declared]) -> str:
        self._known = {one.name: (self._text(one), one) for one in found}
        return json.dumps(
            {
                name: {"domain": one.domain, "text": text}
                for name, (text, one) in self._known.items()
            }
        )

    def load(self, state: str, only: Collection[str] | None = None) -> dict[str, Declared]:
        """All, or those whose asset keys are named."""
        self._known = {
            name: (fields["text"], self._declared(name, fields["text"]))
            for name, fields in json.loads(state).items()
            if only is None or "/".join(names.product_key(fields["domain"], name)) in only
        }
        return {name: one for name, (_, one) in self._known.items()}

    def _text(self, one: Declared) -> str:
        known = self._known.get(one.name)
        return known[0] if known and known[1] is one else json.dumps(_fields(one))

    def _declared(self, name: str, text: str) -> Declared:
        known = self._known.get(name)
        return known[1] if known and known[0] == text else _declared(json.loads(text))


def _fields(one: Declared) -> dict[str, object]:
    return {
        "identity": one.identity.model_dump(),
        "domain": one.domain,
        "digest": one.digest,
        "codeVersion": one.code_version,
        "document": one.product.document() if one.product else None,
        "problems": [[found.path, found.reason, found.message] for found in one.problems],
        "domains": one.domains,
    }


def _declared(fields: Mapping[str, Any]) -> Declared:
    document = fields["document"]
    return Declared(
        Identity.model_validate(fields["identity"]),
        fields["domain"],
        fields["digest"],
        fields["codeVersion"],
        DataProduct.model_validate(document) if document else None,
        tuple(Problem(*problem) for problem in fields["problems"]),
        domains=fields["domains"],
    )
