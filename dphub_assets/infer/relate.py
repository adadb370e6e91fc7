"""How sources may hang together: joins over columns of the same name whose values meet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from dphub_assets.build.match import comparable, matched, mismatch
from dphub_assets.build.text import commas, name
from dphub_assets.infer.columns import Column, Profile
from dphub_assets.sources.relation import UNTYPED

# Names that say nothing about what they name, unless the very same values are there.
_VAGUE = "id key name title description comment notes status type created_at updated_at"
VAGUE = frozenset(_VAGUE.split())
NO_JOIN = {"Edm.Boolean", "Edm.Single", "Edm.Double", "Edm.Binary"}

Pair = tuple[Column, Column]


@dataclass(frozen=True, slots=True)
class Link:
    """A join with its side of many rows on the left, if it has one. Counts are keys, `lost` rows of
    the left and of the right that meet nothing, `rows` those that the two make."""

    left: Profile
    right: Profile
    pairs: tuple[Pair, ...]
    left_keys: int
    right_keys: int
    common: int
    left_most: int
    right_most: int
    lost: tuple[int, int]
    rows: int

    @property
    def cardinality(self) -> str:
        return f"{_many(self.left_most, 'n')}:{_many(self.right_most, 'm')}".replace("1:m", "1:n")

    def turned(self) -> "Link":
        back = tuple((right, left) for left, right in self.pairs)
        return Link(
            self.right,
            self.left,
            back,
            self.right_keys,
            self.left_keys,
            self.common,
            self.right_most,
            self.left_most,
            (self.lost[1], self.lost[0]),
            self.rows,
        )

    @property
    def is_lookup(self) -> bool:
        return self.right_most <= 1

    @property
    def share(self) -> float:
        return self.common / max(1, min(self.left_keys, self.right_keys))


def tree(connection: duckdb.DuckDBPyConnection, profiles: Sequence[Profile]) -> list[Link]:
    """At most one join for each source but the first; those with a side of single rows come first,
    then those where most values meet."""
    found = [link for two in combinations(profiles, 2) if (link := _best(connection, *two))]
    found.sort(key=lambda link: (not link.is_lookup, -link.share))
    group = {one.alias: {one.alias} for one in profiles}
    chosen = []
    for link in found:
        ends = group[link.left.alias], group[link.right.alias]
        if ends[0] is not ends[1]:
            chosen.append(link)
            merged = ends[0] | ends[1]
            group.update(dict.fromkeys(merged, merged))
    return chosen


def outward(
    profiles: Sequence[Profile], links: Sequence[Link]
) -> tuple[Profile | None, list[Link]]:
    """The source whose every row is there once in what is joined, if there is one; the links lead
    away from it then."""
    for one in profiles:
        found = _away(one.alias, links)
        if all(link.is_lookup for link in found):
            return one, found
    return None, list(links)


def singular(alias: str) -> str:
    low = alias.lower()
    if low.endswith("ies"):
        return f"{low[:-3]}y"
    return low[:-1] if low.endswith("s") and not low.endswith("ss") else low


def _many(most: int, letter: str) -> str:
    return letter if most > 1 else "1"


def _away(start: str, links: Sequence[Link]) -> list[Link]:
    """The links in an order in which each leads from what is reached to what is not."""
    reached, waiting, found = {start}, list(links), []
    while link := next((w for w in waiting if {w.left.alias, w.right.alias} & reached), None):
        waiting.remove(link)
        found.append(link if link.left.alias in reached else link.turned())
        reached.add(found[-1].right.alias)
    return found


def _best(connection: duckdb.DuckDBPyConnection, one: Profile, other: Profile) -> Link | None:
    """One column if that is a key, else all that meet."""
    single = [
        (pair, link)
        for pair in _pairs(one, other)
        if (link := _measured(connection, one, other, (pair,))) and _means_something(link)
    ]
    lookups = [link for _, link in single if link.is_lookup]
    if lookups:
        return max(lookups, key=lambda link: (link.share, link.common))
    if not single:
        return None
    together = _measured(connection, one, other, tuple(pair for pair, _ in single))
    return together or max((link for _, link in single), key=lambda link: link.share)


def _pairs(one: Profile, other: Profile) -> Iterator[Pair]:
    for left in one.columns:
        for right in other.columns:
            if _may_name(one, left, other, right) and _joinable(left, right):
                yield left, right


def _may_name(one: Profile, left: Column, other: Profile, right: Column) -> bool:
    """The same name, or `customer_id` here and `id` in customers."""
    if left.name == right.name:
        return True
    names = left.name.lower(), right.name.lower()
    return names in (
        (f"{singular(other.alias)}_id", "id"),
        ("id", f"{singular(one.alias)}_id"),
    )


def _joinable(left: Column, right: Column) -> bool:
    one, other = left.kind, right.kind
    for kind in (one, other):
        if kind.is_nested or kind.edm in NO_JOIN or kind.cast == "JSON":
            return False
    if not comparable(left.source_type, right.source_type):
        return False
    alike = one.edm == other.edm or (one.is_integer and other.is_integer)
    return alike if UNTYPED in (left.source_type, right.source_type) else True


def _means_something(link: Link) -> bool:
    left, right = link.pairs[0]
    if left.name == right.name and left.name.lower() in VAGUE:
        return link.is_lookup and link.common == link.left_keys == link.right_keys
    return True


def _measured(
    connection: duckdb.DuckDBPyConnection, one: Profile, other: Profile, pairs: tuple[Pair, ...]
) -> Link | None:
    """None where no value meets another, or where some cannot be compared."""
    back = tuple((right, left) for left, right in pairs)
    if not (_comparable(connection, one, pairs) and _comparable(connection, other, back)):
        return None
    query = _counts(one, _keys(pairs), other, _keys(back))
    (counts,) = connection.execute(query).fetchall()
    left_keys, left_most, right_keys, right_most, common, left_lost, right_lost, rows = counts
    if not common:
        return None
    lost = left_lost, right_lost
    link = Link(one, other, pairs, left_keys, right_keys, common, left_most, right_most, lost, rows)
    return link.turned() if left_most <= 1 < right_most else link


def _keys(pairs: tuple[Pair, ...]) -> list[str]:
    """DuckDB: the first of each pair, as a build compares it with the second."""
    return [matched(name(own.there), own.source_type, far.source_type) for own, far in pairs]


def _comparable(
    connection: duckdb.DuckDBPyConnection, profile: Profile, pairs: tuple[Pair, ...]
) -> bool:
    faults = [
        f"coalesce({fault}, false)"
        for own, far in pairs
        if (fault := mismatch(name(own.there), own.source_type, far.source_type))
    ]
    query = f"SELECT 1 FROM {profile.relation.sql} WHERE {' OR '.join(faults)} LIMIT 1"
    return not faults or not connection.execute(query).fetchall()


def _counts(one: Profile, left: Sequence[str], other: Profile, right: Sequence[str]) -> str:
    def grouped(profile: Profile, keys: Sequence[str]) -> str:
        columns = commas(f"{key} AS k{n}" for n, key in enumerate(keys))
        known = " AND ".join(f"k{n} IS NOT NULL" for n, _ in enumerate(keys))
        return (
            f"SELECT *, count(*) AS n FROM (SELECT {columns} FROM {profile.relation.sql}) "
            f"WHERE {known} GROUP BY ALL"
        )

    same = " AND ".join(f"l.k{n} = r.k{n}" for n, _ in enumerate(left))
    return (
        f"WITH l AS MATERIALIZED ({grouped(one, left)}), "
        f"r AS MATERIALIZED ({grouped(other, right)}), "
        f"b AS (SELECT count(*) AS common, coalesce(sum(l.n), 0)::BIGINT AS ln, "
        f"coalesce(sum(r.n), 0)::BIGINT AS rn, coalesce(sum(l.n * r.n), 0)::HUGEINT AS made "
        f"FROM l JOIN r ON {same}) "
        f"SELECT (SELECT count(*) FROM l), (SELECT coalesce(max(n), 0) FROM l), "
        f"(SELECT count(*) FROM r), (SELECT coalesce(max(n), 0) FROM r), "
        f"common, {one.rows} - ln, {other.rows} - rn, made FROM b"
    )
