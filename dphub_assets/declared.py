"""What the store declares, admitted: every product, the refused ones with what is wrong."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dphub_assets import names
from dphub_k8s import admission
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.stores.base import ProductStore, Stored

DEFAULT_DOMAIN = "default"


@dataclass(frozen=True, slots=True)
class Declared:
    """`product` is None where admission refused. `digest` changes with all that is declared,
    `rules` with what is checked. `domains` has the domain of each product that it reads, where that
    is declared."""

    identity: Identity
    domain: str
    digest: str
    code_version: str
    product: DataProduct | None
    problems: tuple[Problem, ...] = ()
    rules: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def stamp(self) -> str:
        """What a loaded asset is compared by: created again, the same spec is another product."""
        return f"{self.identity.uid}:{self.identity.generation}:{self.digest}"

    @property
    def message(self) -> str:
        return "\n".join(map(str, self.problems))


class Declarations:
    """Reads the store; admits again only when something in it has changed."""

    def __init__(self, store: ProductStore, roots: tuple[Path, ...] | None) -> None:
        self.store = store
        self._roots = roots
        self._seen: tuple[Stored, ...] = ()
        self._found: dict[str, Declared] = {}

    def read(self) -> dict[str, Declared]:
        """By name. Raises StoreError, OSError."""
        listed = self.store.list()
        if listed != self._seen:
            oldest_first = sorted(listed, key=lambda stored: (stored.created, stored.name))
            documents = [(stored.document, stored.origin) for stored in oldest_first]
            outcomes = admission.admit_all(documents, roots=self._roots)
            found = list(map(_declared, oldest_first, outcomes))
            domains = {one.name: one.domain for one in found}
            self._seen = listed
            self._found = {one.name: _beside(one, domains) for one in found}
        return self._found


def _declared(stored: Stored, outcome: DataProduct | Refused) -> Declared:
    identity = Identity(name=stored.name, uid=stored.uid, generation=stored.generation)
    problems = outcome.problems if isinstance(outcome, Refused) else ()
    if stored.fault:
        problems = (stored.fault, *problems)
    if isinstance(outcome, Refused):
        return Declared(identity, _domain(stored), stored.version, "", None, problems)
    return Declared(
        identity,
        outcome.spec.domain,
        outcome.spec_digest(),
        outcome.code_version(),
        outcome,
        problems,
        outcome.rules_version(),
    )


def _beside(one: Declared, domains: Mapping[str, str]) -> Declared:
    reads = one.product.spec.backend.products.values() if one.product else ()
    return replace(one, domains={name: domains[name] for name in reads if name in domains})


def _domain(stored: Stored) -> str:
    """Of a refused product too: its asset stays where it was."""
    spec = stored.document.get("spec")
    domain = spec.get("domain") if isinstance(spec, dict) else None
    return domain if isinstance(domain, str) and domain else DEFAULT_DOMAIN


def dump(found: Iterable[Declared]) -> str:
    """The state of the Dagster component: what a process needs to make definitions."""
    return json.dumps({one.name: _dump(one) for one in found})


def _dump(one: Declared) -> dict[str, object]:
    return {
        "identity": one.identity.model_dump(),
        "domain": one.domain,
        "digest": one.digest,
        "codeVersion": one.code_version,
        "document": one.product.document() if one.product else None,
        "problems": [[found.path, found.reason, found.message] for found in one.problems],
        "domains": one.domains,
    }


def load(text: str, only: Collection[str] | None = None) -> dict[str, Declared]:
    """All, or those whose asset keys are named."""
    return {
        name: _load(fields)
        for name, fields in json.loads(text).items()
        if only is None or "/".join(names.product_key(fields["domain"], name)) in only
    }


def _load(fields: Mapping[str, Any]) -> Declared:
    problems = tuple(Problem(*problem) for problem in fields["problems"])
    document = fields["document"]
    return Declared(
        Identity.model_validate(fields["identity"]),
        fields["domain"],
        fields["digest"],
        fields["codeVersion"],
        DataProduct.model_validate(document) if document else None,
        problems,
        domains=fields["domains"],
    )
