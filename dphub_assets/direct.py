"""Builds without Dagster: `validate` and `materialize`, for the command line and local mode."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from graphlib import TopologicalSorter
from pathlib import Path
from uuid import uuid4

from dphub_assets.build.errors import BuildError
from dphub_assets.build.publish import Builder
from dphub_assets.lake.errors import LakeError
from dphub_assets.sources.errors import SourceError
from dphub_k8s import documents
from dphub_k8s.admission import admit, admit_all
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.documents import Unreadable
from dphub_k8s.settings import Settings
from dphub_k8s.stores import choice
from dphub_k8s.stores.base import StoreError

Outcome = DataProduct | Refused


def validate(arguments: list[str]) -> int:
    """One JSON object a line for each problem; 1 when there is any."""
    settings = Settings.read()
    builder = Builder.read(settings)
    wrong = 0
    outcomes = {file: _products(Path(file), settings) for file in arguments}
    others = _declared([one for found in outcomes.values() for _, one in found], settings)
    for file in arguments:
        for origin, outcome in outcomes[file]:
            for problem in _problems(outcome, builder, others):
                found = {"path": problem.path, "reason": problem.reason, "message": problem.message}
                print(json.dumps({"file": file, "origin": origin, **found}))
                wrong += 1
    return 1 if wrong else 0


def _declared(outcomes: Iterable[Outcome], settings: Settings) -> dict[str, DataProduct]:
    """What products may read: those that are given, and those of the store which these name."""
    found = {one.name: one for one in outcomes if isinstance(one, DataProduct)}
    named = {name for one in found.values() for name in one.spec.backend.products.values()}
    for name in named - found.keys():
        with suppress(StoreError, OSError, Refused):
            stored = choice.opened(settings).get(name)
            found[name] = admit(stored.document, roots=settings.allowed_roots)
    return found


def _problems(
    outcome: Outcome, builder: Builder, others: Mapping[str, DataProduct]
) -> Iterator[Problem]:
    try:
        if isinstance(outcome, Refused):
            raise outcome
        builder.validate(outcome, others)
    except Refused as refused:
        yield from refused.problems
    except SourceError as error:
        yield Problem("spec.backend.sources", type(error).__name__, str(error))


def materialize(arguments: list[str]) -> int:
    """Build and publish every product of FILE, those first that others read, or the one of this
    NAME in the store."""
    parser = argparse.ArgumentParser(prog="dphub materialize")
    parser.add_argument("target", metavar="NAME|FILE")
    parser.add_argument("--name", help="only this product of FILE")
    options = parser.parse_args(arguments)
    settings = Settings.read()
    builder = Builder.read(settings)
    failed = 0
    for outcome in _upstream_first(_wanted(options.target, settings)):
        if isinstance(outcome, Refused):
            print(outcome, file=sys.stderr)
            failed += 1
        elif options.name in (None, outcome.name) and not _materialize(outcome, builder, settings):
            failed += 1
    return 1 if failed else 0


def _wanted(target: str, settings: Settings) -> list[Outcome]:
    if Path(target).is_file():
        return [outcome for _, outcome in _products(Path(target), settings)]
    stored = choice.opened(settings).get(target)
    return admit_all([(stored.document, stored.origin)], roots=settings.allowed_roots)


def _upstream_first(outcomes: list[Outcome]) -> list[Outcome]:
    found = {one.name: one for one in outcomes if isinstance(one, DataProduct)}
    reads = {name: one.spec.backend.products.values() for name, one in found.items()}
    order = TopologicalSorter(reads).static_order()
    refused = [one for one in outcomes if isinstance(one, Refused)]
    return [*refused, *(found[name] for name in order if name in found)]


def _products(file: Path, settings: Settings) -> list[tuple[str, Outcome]]:
    """Where each is written, and what is declared there."""
    try:
        piped = str(file) == "-"
        written = documents.parse(sys.stdin.read(), "-") if piped else documents.read(file)
    except Unreadable as error:
        return [(str(file), Refused([error.problem]))]
    except OSError as error:
        problem = Problem("", "Unreadable", f"{file}: {error.strerror}")
        return [(str(file), Refused([problem]))]
    found = [(one.document, one.origin) for one in written]
    outcomes = admit_all(found, roots=settings.allowed_roots)
    return [(one.origin, outcome) for one, outcome in zip(written, outcomes, strict=True)]


def _materialize(product: DataProduct, builder: Builder, settings: Settings) -> bool:
    def progress(text: str) -> None:
        print(f"{product.name}: {text}", flush=True)

    began = time.monotonic()
    identity = _identity(product, builder, settings)
    try:
        builder.lake.accept(identity, product.route)
        snapshot = builder.build(product, identity, progress=progress)
    except (Refused, SourceError, BuildError, LakeError) as error:
        print(f"{product.name}: {error}", file=sys.stderr)
        return False
    rows, seconds = snapshot.document.rows, time.monotonic() - began
    progress(f"published snapshot {snapshot.sequence}: {rows:,} rows in {seconds:.1f} s")
    return True


def _identity(product: DataProduct, builder: Builder, settings: Settings) -> Identity:
    """The store's, so that a running hub knows the snapshot as its own; else the lake's."""
    try:
        stored = choice.opened(settings).get(product.name)
        return Identity(name=product.name, uid=stored.uid, generation=stored.generation)
    except (StoreError, OSError):
        known = builder.lake.pointer(product.name)
        return (
            known.product if known else Identity(name=product.name, uid=uuid4().hex, generation=1)
        )
