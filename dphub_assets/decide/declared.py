"""What the store declares, admitted: every product, the refused ones with what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dphub_k8s import admission
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.relations import unserved
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.stores.base import ProductStore, Stored, age

DEFAULT_DOMAIN = "default"
Outcome = DataProduct | Refused


@dataclass(frozen=True, slots=True)
class Declared:
    """`product` is None where admission refused. `digest` changes with all that is declared,
    `rules` with what is checked. `domains` has the domain of each product that it reads, where that
    is declared; `unserved` says which navigation leads nowhere."""

    identity: Identity
    domain: str
    digest: str
    code_version: str
    product: DataProduct | None
    problems: tuple[Problem, ...] = ()
    rules: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)
    unserved: tuple[str, ...] = ()

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
    """Reads the store; admits again only what has changed, or whose neighbours have. `stored` is
    what was read last, by name."""

    def __init__(self, store: ProductStore, roots: tuple[Path, ...] | None) -> None:
        self.store = store
        self._roots = roots
        self._memory = admission.Memory()
        self._seen: tuple[Stored, ...] = ()
        self._known: dict[str, tuple[Stored, Outcome, Declared]] = {}
        self._found: dict[str, Declared] = {}
        self.stored: Mapping[str, Stored] = {}

    def read(self) -> dict[str, Declared]:
        """By name; the very same as long as nothing changes. Raises StoreError, OSError."""
        listed = self.store.list()
        if listed != self._seen:
            oldest_first = sorted(listed, key=age)
            documents = [(stored.document, stored.origin) for stored in oldest_first]
            outcomes = admission.admit_all(documents, roots=self._roots, memory=self._memory)
            found = list(map(self._declared, oldest_first, outcomes))
            every = {one.name: one for _, _, one in found}
            products = {name: one.product for name, one in every.items()}
            self._known = {o.name: (s, out, _beside(o, every, products)) for s, out, o in found}
            self._seen = listed
            self.stored = {stored.name: stored for stored in listed}
            self._found = {name: one for name, (_, _, one) in self._known.items()}
        return self._found

    def _declared(self, stored: Stored, outcome: Outcome) -> tuple[Stored, Outcome, Declared]:
        """The very same object as long as nothing about it changes."""
        known = self._known.get(stored.name)
        if known and known[0] == stored and known[1] is outcome:
            return known
        return stored, outcome, _declared(stored, outcome)


def _declared(stored: Stored, outcome: Outcome) -> Declared:
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


def _beside(
    one: Declared, every: Mapping[str, Declared], products: Mapping[str, DataProduct | None]
) -> Declared:
    """What is said of it among all others."""
    if one.product is None:
        return one
    reads = one.product.spec.backend.products.values()
    domains = {name: every[name].domain for name in reads if name in every}
    lost = tuple(unserved(one.product, products))
    same = (one.domains, one.unserved) == (domains, lost)
    return one if same else replace(one, domains=domains, unserved=lost)


def _domain(stored: Stored) -> str:
    """Of a refused product too: its asset stays where it was."""
    spec = stored.document.get("spec")
    domain = spec.get("domain") if isinstance(spec, dict) else None
    return domain if isinstance(domain, str) and domain else DEFAULT_DOMAIN
