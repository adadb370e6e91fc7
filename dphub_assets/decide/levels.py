"""What is wanted and what is built, read from where they are: sources and lake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declared
from dphub_assets.decide.reconcile import Built, Wanted, level_over, resolved, unsettled
from dphub_assets.lake.pointer import Pointer
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake
from dphub_assets.sources.errors import SourceError
from dphub_assets.sources.glimpse import Glimpses
from dphub_k8s.api.product import digest
from dphub_k8s.api.sources import Source

Faults = dict[str, str]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Seen:
    """A source at this tick; without a version it is waited for."""

    location: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a product reads, other products apart: alias -> source, the sources named by all that
    tells them apart."""

    of: Declared
    sources: Mapping[str, str]


@dataclass
class Wants:
    """What is wanted, and of each product what it follows from: an idle tick costs one look at each
    location, whoever reads it."""

    builder: Builder
    _far: Glimpses = field(default_factory=Glimpses)
    _readings: dict[str, Reading] = field(default_factory=dict)
    _wanted: dict[str, tuple[Reading, tuple[Seen, ...], Wanted]] = field(default_factory=dict)

    def look(self, declared: Mapping[str, Declared]) -> tuple[dict[str, Wanted], dict[str, str]]:
        """By name; and the data version of every location."""
        self._readings = {name: self._reading(one) for name, one in declared.items()}
        sources = {
            key: one.product.spec.backend.sources[alias]
            for name, one in declared.items()
            for alias, key in self._readings[name].sources.items()
            if one.product
        }
        seen = {key: self._see(source) for key, source in sources.items()}
        self._wanted = {name: self._want(name, each, seen) for name, each in self._readings.items()}
        versions = {each.location: each.version for each in seen.values() if each.version}
        return {name: want for name, (_, _, want) in self._wanted.items()}, versions

    def _reading(self, one: Declared) -> Reading:
        known = self._readings.get(one.name)
        if known and known.of is one:
            return known
        sources = one.product.spec.backend.sources if one.product else {}
        return Reading(
            one,
            {
                alias: source.model_dump_json(exclude={"rename", "publish"})
                for alias, source in sources.items()
                if source.product is None
            },
        )

    def _see(self, source: Source) -> Seen:
        try:
            location = self.builder.location(source)
        except SourceError as error:
            return Seen(str(error))
        try:
            return Seen(location.name, self._far.version(location))
        except SourceError:
            return Seen(location.name)

    def _want(
        self, name: str, reading: Reading, seen: Mapping[str, Seen]
    ) -> tuple[Reading, tuple[Seen, ...], Wanted]:
        found = tuple(seen[key] for key in reading.sources.values())
        known = self._wanted.get(name)
        if known and known[0] is reading and known[1] == found:
            return known
        return reading, found, _want(reading.of, dict(zip(reading.sources, found, strict=True)))


def _want(one: Declared, seen: Mapping[str, Seen]) -> Wanted:
    found = {alias: each.version for alias, each in seen.items() if each.version}
    return Wanted(
        uid=one.identity.uid,
        generation=one.identity.generation,
        stamp=one.stamp,
        digest=one.digest,
        level=digest([_shape(one.code_version, one.rules), found]),
        route=one.product.route if one.product else "",
        waiting=tuple(dict.fromkeys(s.location for s in seen.values() if not s.version)),
        refused=one.product is None,
        reads=one.product.spec.backend.products if one.product else {},
        shape=_shape(one.code_version, one.rules),
        suspended=one.product is not None and one.product.spec.suspend,
    )


def _shape(code_version: str, rules: str) -> str:
    """Rules shape no row, but only a build evaluates them."""
    return f"{code_version}:{rules}" if rules else code_version


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

    def look(
        self, wanted: Mapping[str, Wanted], holds: Callable[[str], bool] = lambda _: True
    ) -> tuple[dict[str, Built], dict[str, Snapshot]]:
        """By name, of what is wanted, and of what is not but lies in this shard. Pointers that are
        lost, unreadable or behind their log are mended on the way."""
        self.faults = {}
        found = self.lake.pointers()
        pointers = {name: each for name, each in found.items() if name in wanted or holds(name)}
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
        except Exception as error:  # noqa: BLE001 (whatever it is, the others are looked at)
            self.faults[name] = str(error)
            return None
