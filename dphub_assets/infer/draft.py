"""A first product over what the sources are seen to have: a document, and notes on its lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from dphub_assets.infer import names, relate
from dphub_assets.infer.columns import Column, Profile
from dphub_assets.infer.relate import Link
from dphub_k8s.api.entity import NO_KEY
from dphub_k8s.api.product import API_VERSION, KIND

# An estimate may be wrong by so much.
NEARLY = 0.9
KEY_ENDS = ("_id", "id", "_key", "_code")


@dataclass
class Draft:
    """`notes` are comments by the place that they are on: a source, a join, a column; `open` what
    could not be decided."""

    document: dict[str, Any]
    notes: dict[tuple[str, ...], str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


def draft(connection: duckdb.DuckDBPyConnection, profiles: Sequence[Profile], called: str) -> Draft:
    links = relate.tree(connection, profiles)
    joined = _joined(profiles[0].alias, links)
    used = [one for one in profiles if one.alias in joined]
    links = [link for link in links if link.left.alias in joined]
    root, links = relate.outward(used, links)
    key = _key(connection, root) if root else None
    made = Draft({})
    columns = _columns(made, used, links, root or used[0], key)
    made.document = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": names.product(called)},
        "spec": {
            "backend": {
                "sources": {one.alias: _source(one) for one in used},
                **_joins(made, links),
            },
            "entity": {
                "name": names.entity_type(called),
                "key_column": columns[0]["name"] if key is None else key.name,
                "columns": columns,
            },
        },
    }
    for one in profiles:
        _remark(made, one, is_used=one in used)
    return made


def _joined(start: str, links: Sequence[Link]) -> set[str]:
    found = {start}
    for _ in links:
        for link in links:
            ends = {link.left.alias, link.right.alias}
            found |= ends if ends & found else set()
    return found


def _source(one: Profile) -> dict[str, Any]:
    said = one.source.model_dump(exclude_unset=True, by_alias=True, exclude={"rename"})
    rename = {c.there: c.name for c in one.columns if c.there != c.name}
    return {**said, **({"rename": rename} if rename else {})}


def _remark(made: Draft, one: Profile, *, is_used: bool) -> None:
    if not is_used:
        made.open.append(
            f"{one.source.location} is left out: no column of it has the name, the type and the "
            "values of one of the others"
        )
        return
    rows = f"{one.rows:,} rows" if one.rows != 1 else "1 row"
    if one.source.kind == "csv" and any(c.there[:1].isdigit() for c in one.columns):
        rows += "; is its first line a header? If not: options: {header: false}"
    made.notes["sources", one.alias] = rows
    if not one.rows:
        made.open.append(f"{one.source.location} has no rows: what is a text may be another type")
    for column in one.columns:
        if one.rows and not column.values:
            made.open.append(f"{one.alias}.{column.there} has no values: its type is a guess")


def _joins(made: Draft, links: Sequence[Link]) -> dict[str, Any]:
    """Once one loses no row for want of a match, those behind it must lose none either."""
    is_outer = any(link.is_lookup and link.lost[0] for link in links)
    found = [_join(made, link, number, is_outer) for number, link in enumerate(links)]
    return {"joins": found} if found else {}


def _join(made: Draft, link: Link, number: int, is_outer: bool) -> dict[str, Any]:
    how = {"how": "left"} if is_outer and link.is_lookup else {}
    cardinality = link.cardinality
    made.notes["joins", str(number)] = (
        f"{cardinality}; keys that meet: {link.common:,} of {link.left_keys:,} and "
        f"{link.right_keys:,}; rows that they make: {link.rows:,}"
        + (f"; rows of {link.left.alias} that meet none: {link.lost[0]:,}" if link.lost[0] else "")
    )
    same = all(left.name == right.name for left, right in link.pairs)
    keys = [{"left": left.name, "right": right.name} for left, right in link.pairs]
    return {
        "left": link.left.alias,
        "right": link.right.alias,
        **how,
        **({"on": [left.name for left, _ in link.pairs]} if same else {"keys": keys}),
        **({"cardinality": cardinality} if cardinality != "n:m" else {}),
    }


def _columns(
    made: Draft, used: Sequence[Profile], links: Sequence[Link], root: Profile, key: Column | None
) -> list[dict[str, Any]]:
    """Those of the root first; a column that a join makes equal to one of them only once."""
    ordered = [root, *(one for one in used if one is not root)]
    equal = {(far.alias, column.name) for link in links for far, column in _far_ends(link, ordered)}
    held = [c.name.lower() for one in used for c in one.columns if (one.alias, c.name) not in equal]
    columns: list[dict[str, Any]] = []
    if key is None:
        free = next((n for n in ("id", "key") if n not in held), names.column("row_id", held))
        columns.append({"name": free, "type": "string", "generated": True})
    for one in ordered:
        for column in one.columns:
            if (one.alias, column.name) in equal:
                continue
            taken = [each["name"] for each in columns]
            wanted = column.name
            if wanted.lower() in map(str.lower, taken):
                wanted = names.column(f"{one.alias}_{column.name}", [*taken, *held])
            said: dict[str, Any] = {"name": wanted, "type": column.kind.name}
            if held.count(column.name.lower()) > 1 or wanted != column.name:
                said["source"] = f"{one.alias}.{column.name}"
            columns.append(said)
            if one is root and one.rows and column.values == one.rows and column is not key:
                made.notes["columns", wanted] = "no nulls"
    return columns


def _far_ends(link: Link, ordered: Sequence[Profile]) -> Iterable[tuple[Profile, Column]]:
    """Of columns that are joined by the same name, those of the source that comes later."""
    places = {one.alias: place for place, one in enumerate(ordered)}
    for left, right in link.pairs:
        if left.name == right.name:
            is_left = places[link.left.alias] > places[link.right.alias]
            yield (link.left, left) if is_left else (link.right, right)


def _key(connection: duckdb.DuckDBPyConnection, one: Profile) -> Column | None:
    likely = [column for column in one.columns if _may_be_key(one, column)]
    ranked = sorted(likely, key=lambda column: _rank(one, column))
    return next((column for column in ranked if _is_unique(connection, one, column)), None)


def _may_be_key(one: Profile, column: Column) -> bool:
    kind = column.kind
    if kind.is_nested or kind.edm in NO_KEY or kind.cast == "JSON" or one.rows == 0:
        return False
    return (
        column.values == one.rows
        and column.distinct >= NEARLY * one.rows
        and _rank(one, column) < 4
    )


def _rank(one: Profile, column: Column) -> int:
    low, own = column.name.lower(), relate.singular(one.alias)
    if low == "id":
        return 0
    if low in (f"{own}_id", f"{own}id", f"{one.alias.lower()}_id", "key", f"{own}_key"):
        return 1
    if low.endswith(KEY_ENDS) or column.kind.edm == "Edm.Guid":
        return 2
    is_first = column is one.columns[0] and one.rows > 1  # one row says nothing
    return 3 if is_first and (column.kind.is_integer or column.kind.edm == "Edm.String") else 4


def _is_unique(connection: duckdb.DuckDBPyConnection, one: Profile, column: Column) -> bool:
    query = f"SELECT count(DISTINCT {column.sql}) FROM {one.relation.sql}"
    ((found,),) = connection.execute(query).fetchall()
    return bool(found == one.rows)
