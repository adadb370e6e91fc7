"""The levels that a tick compares, read from where they are: sources, lake, code location."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import dagster as dg

from dphub_assets import translator
from dphub_assets.build.publish import Builder
from dphub_assets.declared import Declared
from dphub_assets.lake.errors import LakeError
from dphub_assets.lake.pointer import Pointer
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake
from dphub_assets.reconcile import Built, Loaded, Wanted, level_over, resolved, unsettled
from dphub_assets.sources.errors import SourceError
from dphub_k8s.api.product import digest

Faults = dict[str, str]
Found = TypeVar("Found")


def wanted(
    declared: Mapping[str, Declared], builder: Builder
) -> tuple[dict[str, Wanted], dict[str, str]]:
    """By name; and the data version of every location, each asked for once."""
    versions: dict[str, str] = {}
    return {name: _want(one, builder, versions) for name, one in declared.items()}, versions


def _want(one: Declared, builder: Builder, versions: dict[str, str]) -> Wanted:
    found: dict[str, str] = {}
    waiting: list[str] = []
    try:
        locations = builder.locations(one.product) if one.product else {}
    except SourceError as error:
        locations, waiting = {}, [str(error)]
    for alias, location in locations.items():
        try:
            found[alias] = versions.get(location.name) or location.version()
            versions[location.name] = found[alias]
        except SourceError:
            waiting.append(location.name)
    return Wanted(
        uid=one.identity.uid,
        generation=one.identity.generation,
        stamp=one.stamp,
        digest=one.digest,
        level=digest([_shape(one.code_version, one.rules), found]),
        route=one.product.route if one.product else "",
        waiting=tuple(waiting),
        refused=one.product is None,
        reads=one.product.spec.backend.products if one.product else {},
        shape=_shape(one.code_version, one.rules),
        suspended=one.product is not None and one.product.spec.suspend,
    )


def _shape(code_version: str, rules: str) -> str:
    """Rules shape no row, but only a build evaluates them."""
    return f"{code_version}:{rules}" if rules else code_version


def loaded(context: dg.SensorEvaluationContext) -> dict[str, Loaded]:
    """By name, from the metadata of the assets that this tick's repository holds."""
    repository = context.repository_def
    assert repository is not None
    return {
        node.metadata[translator.PRODUCT]: Loaded(
            node.metadata[translator.STAMP], translator.PROBLEM in node.metadata
        )
        for node in repository.asset_graph.asset_nodes
        if translator.STAMP in node.metadata
    }


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot and what is compared of it."""

    snapshot: Snapshot
    built: Built

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Opened":
        document = snapshot.document
        uid, spec = document.product.uid, document.spec
        products = spec.spec.backend.products
        read = {source.alias: source.version for source in document.sources}
        files = {alias: version for alias, version in read.items() if alias not in products}
        shape = _shape(document.code_version, spec.rules_version())
        level = level_over(digest([shape, files]), {alias: read.get(alias) for alias in products})
        built = Built(uid, spec.route, spec.spec_digest(), level, document.data_version, shape)
        return cls(snapshot, built)


@dataclass
class Shelf:
    """What the lake holds. Documents are immutable, so each is read once; `faults` say what of the
    last look could not be read, by product."""

    lake: Lake
    faults: Faults = field(default_factory=dict)
    _opened: dict[str, Opened] = field(default_factory=dict)

    def look(self, wanted: Mapping[str, Wanted]) -> tuple[dict[str, Built], dict[str, Snapshot]]:
        """By name. Pointers that are lost, unreadable or behind their log are mended on the way."""
        self.faults = {}
        pointers = self.lake.pointers()
        lost = {name for name, want in wanted.items() if name not in pointers and not want.refused}
        for name in lost | self.lake.faults.keys():
            if made := self._guarded(name, partial(self._remade, name)):
                pointers[name] = made
        before = self._built(pointers)
        for name in unsettled(resolved(wanted, before), before) & pointers.keys():
            if healed := self._guarded(name, partial(self._healed, name)):
                pointers[name] = healed
        built = self._built(pointers)
        return built, {name: opened.snapshot for name, opened in self._opened.items()}

    def _remade(self, name: str) -> Pointer | None:
        return self.lake.rebuild(name) if self.lake.version(name) is not None else None

    def _healed(self, name: str) -> Pointer | None:
        return self.lake.pointer(name) if self.lake.heal(name) else None

    def _built(self, pointers: Mapping[str, Pointer]) -> dict[str, Built]:
        self._opened = {
            name: opened
            for name, pointer in pointers.items()
            if (opened := self._current(name, pointer))
        }
        return {
            name: self._opened[name].built
            if name in self._opened
            else Built(pointer.product.uid, pointer.route)
            for name, pointer in pointers.items()
        }

    def _current(self, name: str, pointer: Pointer) -> Opened | None:
        known, current = self._opened.get(name), pointer.current
        if current is None or (known and known.snapshot.document.id == current.id):
            return known if current else None
        return self._guarded(name, lambda: Opened.of(self.lake.open(pointer, current)))

    def _guarded(self, name: str, look: Callable[[], Found | None]) -> Found | None:
        """One product that cannot be read is told in `faults`, and hides no other."""
        try:
            return look()
        except (LakeError, OSError) as error:
            self.faults[name] = str(error)
            return None
