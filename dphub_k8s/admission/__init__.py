"""What makes a document a product: one pipeline for every way in.

First the document is completed (`COMPLETE`, in this order), then it is checked (`CHECKS`, in this
order); what is wrong with one part does not keep the others from being checked, so that all
problems are told at once. What only the data can tell (is there such a column?) is the plan's.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dphub_k8s.admission import (
    backend,
    complete,
    entity,
    identity,
    policies,
    quality,
    relations,
    schema,
)
from dphub_k8s.admission.draft import Context, Draft, Neighbour
from dphub_k8s.admission.identity import neighbour
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import DataProduct

__all__ = ["Memory", "Neighbour", "admit", "admit_all", "neighbour"]

Completion = Callable[[dict[str, Any]], None]
Check = Callable[[Draft, Context], Iterator[Problem]]

COMPLETE: list[Completion] = [
    complete.yaml_1_1_on,
    complete.protocol_in_lower_case,
    complete.path_without_last_slash,
    complete.default_top_within_max_top,
]
CHECKS: list[Check] = [
    schema.nulls,
    schema.structure,
    identity.name,
    identity.domain,
    identity.path,
    identity.taken,
    identity.protocol,
    backend.engine,
    backend.sources,
    backend.formats,
    backend.products,
    backend.renames,
    backend.join_sides,
    backend.join_keys,
    backend.join_tree,
    entity.names,
    entity.columns,
    entity.column_sources,
    entity.key,
    entity.sort,
    relations.published,
    relations.navigation,
    policies.page_sizes,
    policies.allowed_columns,
    policies.catalog,
    policies.refresh,
    quality.names,
    quality.operators,
    quality.fields,
    quality.columns,
    quality.arguments,
]


def admit(
    document: object,
    *,
    origin: str = "",
    others: Iterable[Neighbour] = (),
    roots: tuple[Path, ...] | None = None,
) -> DataProduct:
    """The product that a document declares. Raises Refused with everything that is wrong.

    `others` are the products that were there first, itself (the same `origin`) excepted. Sources
    with an absolute path must be under one of `roots`; None allows any.
    """
    first = [other for other in others if not origin or other.origin != origin]
    taken = {claim: other for other in first for claim in other.claims}
    reads = {other.name: other.reads for other in first}
    return _admit(document, Context(origin, taken, reads, roots))


@dataclass(frozen=True, slots=True)
class Recalled:
    """An outcome, and what it followed from: the document, itself among the others, and whoever
    had a claim of its own before."""

    document: object
    me: Neighbour
    first: tuple[Neighbour | None, ...]
    outcome: DataProduct | Refused


@dataclass
class Memory:
    """Outcomes of the last time, by origin; they hold for the same roots only."""

    recalled: dict[str, Recalled] = field(default_factory=dict)

    def outcome(
        self, document: object, me: Neighbour, first: tuple[Neighbour | None, ...]
    ) -> DataProduct | Refused | None:
        known = self.recalled.get(me.origin)
        if known and known.document is document and (known.me, known.first) == (me, first):
            return known.outcome
        return None


def admit_all(
    documents: Iterable[tuple[object, str]],
    *,
    roots: tuple[Path, ...] | None = None,
    memory: Memory | None = None,
) -> list[DataProduct | Refused]:
    """Every (document, origin), the oldest first: a name or a path belongs to whoever had it first.

    A product that is refused for something else keeps its path: it may still be served. Of a circle
    of products the one that closes it is refused, and the others go on. With a `memory` a document
    is looked at again only when it, or one that it collides with, is another object.
    """
    remembered = memory or Memory()
    recalled: dict[str, Recalled] = {}
    taken: dict[str, Neighbour] = {}
    reads: dict[str, tuple[str, ...]] = {}
    outcomes: list[DataProduct | Refused] = []
    for document, origin in documents:
        me = neighbour(document, origin)
        first = tuple(map(taken.get, me.claims)) if me else ()
        # Whether what reads products goes in a circle depends on all of them.
        known = remembered.outcome(document, me, first) if me and not me.reads else None
        outcome = known or _outcome(document, Context(origin, taken, reads, roots))
        outcomes.append(outcome)
        if isinstance(outcome, DataProduct):
            reads[outcome.name] = tuple(outcome.spec.backend.products.values())
        if me:
            recalled[origin] = Recalled(document, me, first, outcome)
            for claim in me.claims:
                taken.setdefault(claim, me)
    remembered.recalled = recalled
    return outcomes


def _outcome(document: object, context: Context) -> DataProduct | Refused:
    try:
        return _admit(document, context)
    except Refused as refused:
        return refused


def _admit(document: object, context: Context) -> DataProduct:
    if not isinstance(document, dict):
        raise Refused([Problem("", "NotADocument", "a product is a mapping of fields")])
    completed = deepcopy(document)
    for completion in COMPLETE:
        completion(completed)
    draft = Draft.of(completed)
    problems = dict.fromkeys(problem for check in CHECKS for problem in check(draft, context))
    if problems:
        raise Refused(problems)
    return DataProduct.model_validate(completed)
