"""What to do, from three levels: what is wanted, what the code location has loaded, what is built.

Pure: no clock, no disk, no Dagster.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from graphlib import TopologicalSorter
from typing import Any

from dphub_k8s.api.product import digest

BACK_OFF_SECONDS = 5.0
LONGEST_BACK_OFF_SECONDS = 600.0
# With more than MANY waiting, a run builds up to BATCH: most of a small run is the run itself.
MANY, BATCH = 20, 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """`stamp` and `digest` cover the whole spec (the stamp its identity too), `level` what shapes
    the data: code version and data versions of the sources. `waiting` names sources that are not
    there; `refused` is a product that admission turned down. `reads` is alias -> product, `missing`
    those of them that have published nothing: `resolved` adds what they are at. `shape` is what the
    declaration says of the level, the sources apart; `suspended` is built no more."""

    uid: str
    generation: int
    stamp: str
    digest: str
    level: str
    route: str = ""
    waiting: tuple[str, ...] = ()
    refused: bool = False
    reads: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    shape: str = ""
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    stamp: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What the lake says of a product; but for `uid` and `route` None before its first snapshot.
    `data` is the data version of what is published."""

    uid: str
    route: str
    digest: str | None = None
    level: str | None = None
    data: str | None = None
    shape: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """`final` is what the same spec and sources would only say again."""

    reason: str
    message: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """`attempts` are ended runs at this level, however they ended: one that succeeded and left the
    product unbuilt must back off as well. `failure` is what the last of them said; `run` is the one
    under way, which may build other products too."""

    in_flight: bool = False
    attempts: int = 0
    last_end: float = 0.0
    failure: Failure | None = None
    last_run: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Names of products. `stale` asks for a reload; `build` holds run keys, `runs` says which are
    built in one run, `queued` waits for a slot, `held` for products that are built first; `later`
    says until when a failed build waits, `failed` waits for an edit, `suspended` would be built."""

    stale: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    build: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[tuple[str, ...], ...] = ()
    queued: tuple[str, ...] = ()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    publish: tuple[str, ...] = ()
    retire: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    later: Mapping[str, float] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one product is: `at` is a field of `Decision`, or "right". What is `moving` is about to
    be another; `why` are those that it waits for."""

    at: str
    moving: bool = False
    why: tuple[str, ...] = ()
    due: float = 0.0


def unsettled(wanted: Mapping[str, Wanted], built: Mapping[str, Built]) -> set[str]:
    """Names that are not built as declared: of these the runs must be looked up."""
    return {
        name
        for name, want in wanted.items()
        if not ((have := built.get(name)) and at_level(want, have) and have.digest == want.digest)
    }


def resolved(wanted: Mapping[str, Wanted], built: Mapping[str, Built]) -> dict[str, Wanted]:
    """At the level that the products which they read are published at now."""

    def over(want: Wanted) -> Wanted:
        if not want.reads:
            return want
        found = {alias: _published(wanted.get(p), built.get(p)) for alias, p in want.reads.items()}
        missing = [want.reads[alias] for alias, data in found.items() if data is None]
        return replace(
            want, level=level_over(want.level, found), missing=tuple(dict.fromkeys(missing))
        )

    return {name: over(want) for name, want in wanted.items()}


def level_over(level: str, products: Mapping[str, str | None]) -> str:
    """The level of what is read from files, and from products at these data versions."""
    return digest([level, products]) if products else level


def _published(want: Wanted | None, have: Built | None) -> str | None:
    return have.data if want and have and have.uid == want.uid else None


def reconcile(
    wanted: Mapping[str, Wanted],
    loaded: Mapping[str, Loaded],
    built: Mapping[str, Built],
    tried: Mapping[str, Tried],
    now: float,
    slots: int,
    others: Collection[str] = (),
) -> Decision:
    """At most `slots` builds are under way: each run is a process. `wanted` is `resolved`; of it
    `others` are another shard's, to be looked at and left alone.

    A change goes through the products in waves: what reads a product that is about to be another
    is held, so that it is built once. Only what is on its way holds: what waits, failed, or pauses
    before another attempt may take for ever, and what is published of it is read meanwhile.
    """
    places = places_of(wanted, loaded, built, tried, now, others)
    build = {n: _run_key(wanted[n], tried.get(n, Tried())) for n in _at(places, "build")}
    own = {name: key for name, key in build.items() if name not in others}
    busy = {tried[n].run or n for n in _at(places, "running") if n not in others}
    runs = together(list(own), _alone(own, built, wanted, tried), slots)
    runs = runs[: max(0, slots - len(busy))]
    begun = {name: own[name] for names in runs for name in names}
    decision = Decision(
        stale=(
            *(n for n in wanted if _is_stale(wanted[n], loaded.get(n))),
            *(n for n in loaded if n not in wanted),
        ),
        accept=tuple(n for n, want in wanted.items() if _unaccepted(want, built.get(n))),
        build=begun,
        runs=tuple(runs),
        queued=tuple(name for name in own if name not in begun),
        held={name: places[name].why for name in _at(places, "held")},
        publish=_at(places, "publish"),
        retire=tuple(n for n, h in built.items() if n not in wanted or wanted[n].uid != h.uid),
        running=_at(places, "running"),
        later={name: places[name].due for name in _at(places, "later")},
        failed=_at(places, "failed"),
        waiting={name: places[name].why for name in _at(places, "waiting")},
        broken=_at(places, "broken"),
        suspended=_at(places, "suspended"),
    )
    return _without(others, decision) if others else decision


def places_of(
    wanted: Mapping[str, Wanted],
    loaded: Mapping[str, Loaded],
    built: Mapping[str, Built],
    tried: Mapping[str, Tried],
    now: float,
    others: Collection[str] = (),
) -> dict[str, Place]:
    """Of each product, those first that others read."""
    found: dict[str, Place] = {}
    for name in upstream_first(wanted):
        want, loading = wanted[name], loaded.get(name)
        reads = dict.fromkeys(want.reads.values())
        before = tuple(product for product in reads if product in found and found[product].moving)
        stale = name not in others and _is_stale(want, loading)
        broken = loading is not None and loading.broken
        past = tried.get(name, Tried())
        found[name] = _place(want, built.get(name), past, before, stale, broken, now)
    return found


def _place(
    want: Wanted,
    have: Built | None,
    past: Tried,
    before: tuple[str, ...],
    stale: bool,
    broken: bool,
    now: float,
) -> Place:
    """`before` are those that it reads and that are on their way."""
    said = have is not None and have.digest == want.digest
    # A run of many goes on when it has published this one.
    if past.in_flight and not (said and at_level(want, have)):
        return Place("running", moving=True)
    if want.refused:
        return Place("broken")
    if at_level(want, have):
        # The data is right, what is said of it is not: no run, so nothing to wait for.
        return Place("right" if said else "publish", moving=bool(before))
    if want.suspended:
        return Place("suspended")
    if stale:
        return Place("stale", moving=True)  # a reload and a run of the same product are two ticks
    if broken:
        return Place("broken")
    if want.waiting:
        return Place("waiting", why=want.waiting)
    if past.failure and past.failure.final:
        return Place("failed", moving=bool(before))
    if (due := due_at(past, now)) > now:
        # It may have ended well, after the lake was looked at.
        ended = past.failure is None and now < past.last_end + BACK_OFF_SECONDS
        return Place("later", moving=bool(before) or ended, due=due)
    if before:
        return Place("held", moving=True, why=before)
    if want.missing:
        return Place("waiting", why=tuple(f"product {product}" for product in want.missing))
    return Place("build", moving=True)


def _at(places: Mapping[str, Place], is_at: str) -> tuple[str, ...]:
    return tuple(name for name, place in places.items() if place.at == is_at)


def _run_key(want: Wanted, past: Tried) -> str:
    return f"{want.uid}:{want.generation}:{want.level}:{past.attempts}"


def together(
    waiting: Sequence[str], alone: Mapping[str, bool], slots: int
) -> list[tuple[str, ...]]:
    """What is built in one run, the first runs first. None of these products reads another.

    A few are built one by one. Of many, `alone` has those that are all the same: some before the
    others (True), some after them.
    """
    if len(waiting) <= MANY:
        return [(name,) for name in waiting]
    rest = [name for name in waiting if name not in alone]
    size = min(BATCH, max(1, -(-len(rest) // slots)))
    return [
        *((name,) for name, first in alone.items() if first),
        *(tuple(rest[at : at + size]) for at in range(0, len(rest), size)),
        *((name,) for name, first in alone.items() if not first),
    ]


def _alone(
    build: Collection[str],
    built: Mapping[str, Built],
    wanted: Mapping[str, Wanted],
    tried: Mapping[str, Tried],
) -> dict[str, bool]:
    """A few edits of published products go first. Last goes what has failed before: it may take
    the process with it."""
    again = {name for name in build if tried.get(name, Tried()).attempts}
    edited = {name for name in build if _edited(wanted[name], built.get(name))} - again
    first = edited if len(edited) <= MANY else set()
    return {name: name in first for name in build if name in first | again}


def _edited(want: Wanted, have: Built | None) -> bool:
    return have is not None and have.shape is not None and have.shape != want.shape


def _is_stale(want: Wanted, have: Loaded | None) -> bool:
    return have is None or have.stamp != want.stamp


def _without(others: Collection[str], decision: Decision) -> Decision:
    def own(names: tuple[str, ...] | Mapping[str, object]) -> Any:
        if isinstance(names, tuple):
            return tuple(name for name in names if name not in others)
        return {name: why for name, why in names.items() if name not in others}

    return Decision(**{each.name: own(getattr(decision, each.name)) for each in fields(decision)})


def upstream_first(wanted: Mapping[str, Wanted]) -> list[str]:
    """Every product behind those that it reads; admission has seen that there is no circle."""
    reads = {name: set(want.reads.values()) for name, want in wanted.items()}
    return [name for name in TopologicalSorter(reads).static_order() if name in wanted]


def due_at(past: Tried, now: float) -> float:
    """When the next attempt may begin: 5, 10, 20, ... seconds after the last run ended.

    Where that is further away than the pause itself, the clock has been set back: now.
    """
    if past.attempts == 0:
        return 0.0
    pause = BACK_OFF_SECONDS * 2.0 ** min(past.attempts - 1, 20)
    pause = min(pause, LONGEST_BACK_OFF_SECONDS)
    return past.last_end + pause if past.last_end <= now + pause else now


def at_level(want: Wanted, have: Built | None) -> bool:
    return have is not None and have.uid == want.uid and have.level == want.level


def _unaccepted(want: Wanted, have: Built | None) -> bool:
    if want.refused:
        return False
    if have is None or have.uid != want.uid:
        return True
    return have.level is None and have.route != want.route
