"""Changes go through any mesh in waves: in order, once each, and never with a mix of versions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.decide.reconcile import (
    Built,
    Decision,
    Loaded,
    Tried,
    Wanted,
    reconcile,
    resolved,
)
from dphub_k8s.api.product import digest
from tests.build_products import examples

ROOTS = ("f", "g")
# Files and what they are at, all the way up.
Origin = frozenset[tuple[str, int]]


@dataclass
class Mesh:
    """A hub in small: files with versions, products that read files and products, runs."""

    reads: Mapping[str, tuple[str, ...]]
    random: Random
    slots: int
    files: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROOTS, 0))
    built: dict[str, Built] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    runs: dict[str, tuple[int, Built, Origin]] = field(default_factory=dict)
    builds: list[str] = field(default_factory=list)

    def wanted(self) -> dict[str, Wanted]:
        declared = {name: self._declared(name) for name in self.reads}
        return resolved(declared, self.built)

    def _declared(self, name: str) -> Wanted:
        read = self.reads[name]
        level = digest([name, {file: self.files[file] for file in read if file in ROOTS}])
        products = {product: product for product in read if product not in ROOTS}
        return Wanted("u", 1, "s", "d", level, name, reads=products)

    def tick(self) -> Decision:
        wanted = self.wanted()
        loaded = dict.fromkeys(wanted, Loaded("s"))
        tried = {name: Tried(in_flight=True) for name in self.runs}
        decision = reconcile(wanted, loaded, self.built, tried, 0, self.slots)
        for name in decision.build:
            origin = frozenset().union(*map(self._origin, self.reads[name]))
            data = digest(sorted(origin))
            found = Built("u", name, "d", wanted[name].level, data)
            self.runs[name] = (self.random.randint(1, 4), found, origin)
        for name, (left, found, origin) in list(self.runs.items()):
            self.runs[name] = (left - 1, found, origin)
            if left == 1:
                del self.runs[name]
                self.built[name], self.origins[name] = found, origin
                self.builds.append(name)
                assert len(dict(origin)) == len(origin), f"{name} mixes versions"
        return decision

    def _origin(self, read: str) -> Origin:
        return frozenset({(read, self.files[read])}) if read in ROOTS else self.origins[read]

    def settle(self) -> None:
        for _ in range(100):
            if self.tick() == Decision():
                return
        raise AssertionError("the mesh never settles")


@st.composite
def meshes(draw: st.DrawFn) -> Mesh:
    """Declared in another order than they depend on each other."""
    reads: dict[str, tuple[str, ...]] = {}
    for name in "abcdehi"[: draw(st.integers(1, 7))]:
        known = [*ROOTS, *reads]
        reads[name] = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=4)))
    order = draw(st.permutations(list(reads)))
    random = Random(draw(st.integers(0, 1000)))
    return Mesh({name: reads[name] for name in order}, random, draw(st.integers(1, 9)))


@examples
@given(meshes())
def test_a_change_builds_what_it_reaches_once_each_and_in_order(mesh: Mesh) -> None:
    mesh.settle()
    assert Counter(mesh.builds) == dict.fromkeys(mesh.reads, 1)
    for file in ROOTS:
        mesh.builds.clear()
        mesh.files[file] += 1
        mesh.settle()
        assert sorted(mesh.builds) == sorted(reached(mesh, file))
        for place, name in enumerate(mesh.builds):
            assert not set(mesh.reads[name]) & set(mesh.builds[place:])


def reached(mesh: Mesh, file: str) -> set[str]:
    found: set[str] = set()
    while (
        more := {name for name, read in mesh.reads.items() if file in read or found & set(read)}
        - found
    ):
        found |= more
    return found


@examples
@given(meshes(), st.lists(st.tuples(st.integers(0, 6), st.sampled_from(ROOTS)), max_size=6))
def test_changes_on_the_way_lead_to_the_same_end(
    mesh: Mesh, changes: list[tuple[int, str]]
) -> None:
    mesh.settle()
    mesh.builds.clear()
    for ticks, file in changes:
        mesh.files[file] += 1
        for _ in range(ticks):
            mesh.tick()
    mesh.settle()
    for name, origin in mesh.origins.items():
        assert dict(origin) == {file: mesh.files[file] for file, _ in origin}, name
    assert all(count <= len(changes) for count in Counter(mesh.builds).values())
