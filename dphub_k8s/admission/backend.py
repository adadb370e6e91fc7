"""What is read and how it is joined: locations, renames, and joins that make one tree."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.admission.identity import misnamed
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.sources import ALIAS, ENGINES, FORMATS, OBJECT, SCHEME, SCHEMES, WEB, Join

SOURCES = ("spec", "backend", "sources")
JOINS = ("spec", "backend", "joins")


def engine(draft: Draft, _: Context) -> Iterator[Problem]:
    found = draft.text("spec", "backend", "engine")
    if found is not None and found not in ENGINES:
        message = unknown(found, "engine", ENGINES)
        yield Problem(at("spec", "backend", "engine"), "UnknownEngine", message)


def sources(draft: Draft, context: Context) -> Iterator[Problem]:
    aliases: dict[str, str] = {}
    for alias, source in draft.sources.items():
        place = at(*SOURCES, alias)
        if not re.fullmatch(ALIAS, alias):
            message = f"{alias!r} is no alias: letters, digits, '_' and '-', no digit first"
            yield Problem(place, "InvalidName", message)
        first = aliases.setdefault(alias.lower(), alias)
        if first != alias:
            message = f"{alias!r} and {first!r} differ only in case"
            yield Problem(place, "Duplicate", f"{alias.lower()!r} is there twice; {message}")
        if source and source.path is not None and source.product is not None:
            yield Problem(place, "Ambiguous", "give 'path' or 'product', not both")
        elif source and source.path is not None:
            yield from _location(source.path, at(*SOURCES, alias, "path"), context)
        elif source and source.product is None:
            message = "'path' is missing (or 'product', to read what another product publishes)"
            yield Problem(at(*SOURCES, alias, "path"), "Missing", message)


def _location(path: str, place: str, context: Context) -> Iterator[Problem]:
    if scheme := SCHEME.match(path):
        if scheme[1].lower() not in SCHEMES:
            message = unknown(scheme[1], "scheme", SCHEMES)
            yield Problem(place, "UnknownScheme", message)
            return
        try:
            url = _split(path)
        except ValueError as error:
            yield Problem(place, "InvalidPath", f"{path!r} is no URL: {error}")
            return
        if "@" in url.netloc:
            yield Problem(place, "Secret", "a URL is shown to everybody: no user or password in it")
            return
        if scheme[1].lower() == "file":
            path = unquote(url.path)
    if ".." in path.replace("\\", "/").split("/"):
        yield Problem(place, "PathEscapes", f"{path!r} leads upwards: '..' is not followed")
    elif not path.isprintable():
        yield Problem(place, "InvalidPath", f"{path!r} has characters that no path has")
    elif scheme and scheme[1].lower() in WEB:
        if not _is_allowed(path, context.roots):
            yield _outside(path, place, context)
    elif scheme and not path.startswith("/") and not re.fullmatch(OBJECT, path):
        message = f"{path!r} is not s3://BUCKET/KEY, one object without a pattern"
        yield Problem(place, "InvalidPath", message)
    elif path.startswith(("/", "s3://")) and not _is_allowed(path, context.roots):
        yield _outside(path, place, context)


def _split(url: str) -> SplitResult:
    """Raises ValueError."""
    parts = urlsplit(url)
    if parts.port is None and parts.scheme in WEB and not parts.hostname:
        raise ValueError("it names no host")
    return parts


def _outside(path: str, place: str, context: Context) -> Problem:
    roots = ", ".join(map(str, context.roots or ())) or "none"
    message = f"{path!r} is outside the allowed roots ({roots}; DPHUB_ALLOWED_ROOTS)"
    return Problem(place, "OutsideRoots", message)


def formats(draft: Draft, _: Context) -> Iterator[Problem]:
    """How the files of a source are read, and that what is said of it is for that format."""
    for alias, source in draft.sources.items():
        if not source:
            continue
        place = partial(at, *SOURCES, alias)
        if source.product is not None:
            for field in sorted(source.model_fields_set & {"format", "options", "hive"}):
                message = f"{field!r} is said of files; a product has none"
                yield Problem(place(field), "NotApplicable", message)
        elif source.format is not None and source.format not in FORMATS:
            message = unknown(source.format, "format", FORMATS)
            yield Problem(place("format"), "UnknownFormat", message)
        elif source.options is not None and source.kind != "csv":
            message = f"options are of CSV files; this is {source.kind or 'no text'}"
            yield Problem(place("options"), "NotApplicable", message)
        elif source.hive and (source.kind == "delta" or not source.is_pattern):
            message = "the folders of a pattern are meant, such as data/**/*.parquet"
            yield Problem(place("hive"), "NotApplicable", message)
        elif source.kind == "delta" and (source.is_pattern or source.scheme in WEB):
            message = "a Delta table is one folder of files, no pattern"
            yield Problem(place("path"), "NotApplicable", message)
        elif source.options and {source.options.quote, source.delimiter} & {"\n", "\r", "\0"}:
            message = "a line end separates rows; give another character"
            yield Problem(place("options"), "NotApplicable", message)
        elif source.options and source.options.quote == source.delimiter:
            message = "the same character cannot be quote and delimiter"
            yield Problem(place("options"), "Ambiguous", message)


def products(draft: Draft, context: Context) -> Iterator[Problem]:
    """Names that a product may have, and no way back to this one; others may come later."""
    for alias, source in draft.sources.items():
        if not source or source.product is None:
            continue
        place = at(*SOURCES, alias, "product")
        if message := misnamed(source.product):
            yield Problem(place, "InvalidName", message)
        elif draft.name and (way := _way(source.product, draft.name, context.reads)):
            told = " → ".join([draft.name, *way])
            yield Problem(place, "ProductCycle", f"{told}: a product cannot be made of itself")


def _way(start: str, end: str, reads: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The shortest way from what a product reads to `end`; none when there is no way."""
    ways, seen = [[start]], {start}
    for way in ways:
        if way[-1] == end:
            return way
        further = [name for name in reads.get(way[-1], ()) if name not in seen]
        seen.update(further)
        ways += [[*way, name] for name in further]
    return []


def _is_allowed(path: str, roots: tuple[Path, ...] | None) -> bool:
    return roots is None or any(PurePosixPath(path).is_relative_to(root) for root in roots)


def renames(draft: Draft, _: Context) -> Iterator[Problem]:
    """Columns that end up with one name; upper and lower case are the same to the engine."""
    for alias, source in draft.sources.items():
        by_name = defaultdict(list)
        for old, new in source.rename.items() if source else ():
            by_name[new.lower()].append(old)
            if not new or not old:
                message = "a column's name is never empty"
                yield Problem(at(*SOURCES, alias, "rename", old), "InvalidName", message)
        for alike in by_name.values():
            if len(alike) > 1 and source:
                names = " and ".join(map(repr, alike))
                message = f"{names} are all renamed to {source.rename[alike[-1]]!r}"
                place = at(*SOURCES, alias, "rename", alike[-1])
                yield Problem(place, "RenameCollision", message)


def join_sides(draft: Draft, _: Context) -> Iterator[Problem]:
    for number, join in enumerate(draft.joins):
        if join is None:
            continue
        for side, alias in (("left", join.left), ("right", join.right)):
            if alias not in draft.sources:
                message = unknown(alias, "source", draft.sources)
                yield Problem(at(*JOINS, number, side), "UnknownSource", message)
        if join.left == join.right:
            message = f"{join.left!r} is joined with itself; declare it twice, under two names"
            yield Problem(at(*JOINS, number), "SelfJoin", message)


def join_keys(draft: Draft, _: Context) -> Iterator[Problem]:
    for number, join in enumerate(draft.joins):
        if join is None:
            continue
        given = join.model_fields_set & {"on", "keys"}
        place = at(*JOINS, number)
        if not given:
            message = "'on' is missing (or 'keys', for columns whose names differ)"
            yield Problem(place, "Missing", message)
        elif len(given) == 2:
            yield Problem(place, "Ambiguous", "give 'on' or 'keys', not both")
        elif not join.pairs:
            message = "at least one column is wanted, found none"
            yield Problem(at(*JOINS, number, *given), "Empty", message)
        else:
            yield from _pairs(join, number)


def _pairs(join: Join, number: int) -> Iterator[Problem]:
    field = "on" if join.on else "keys"
    for position, pair in enumerate(join.pairs):
        place = at(*JOINS, number, field, position)
        if not all(pair):
            side = "" if join.on else ".right" if pair[0] else ".left"
            yield Problem(place + side, "InvalidName", "a column's name is never empty")
        elif pair in join.pairs[:position]:
            yield Problem(place, "Duplicate", f"{' = '.join(dict.fromkeys(pair))!r} is there twice")


def join_tree(draft: Draft, _: Context) -> Iterator[Problem]:
    """N sources are one tree of N-1 joins. Told only once the joins themselves are right."""
    joins = [join for join in draft.joins if join and _is_edge(join, draft)]
    if len(joins) < len(draft.joins):
        return
    needed, found = len(draft.sources) - 1, len(joins)
    count = f"n sources need n-1 joins; {len(draft.sources)} sources need {needed}, found {found}; "
    group = {alias: {alias} for alias in draft.sources}
    for number, join in enumerate(joins):
        if group[join.left] is group[join.right]:
            message = f"{join.left!r} and {join.right!r} are joined already, by the joins before it"
            told = count + message if found > needed else message
            yield Problem(at(*JOINS, number), "JoinCycle", told)
            continue
        merged = group[join.left] | group[join.right]
        group.update(dict.fromkeys(merged, merged))
    groups = sorted({id(members): sorted(members) for members in group.values()}.values())
    if len(groups) > 1:
        apart = " | ".join(", ".join(members) for members in groups)
        yield Problem(at(*JOINS), "TooFewJoins", f"{count}apart: {apart}")


def _is_edge(join: Join, draft: Draft) -> bool:
    return join.left != join.right and {join.left, join.right} <= draft.sources.keys()


def filtering(draft: Draft) -> dict[str, int]:
    """Sources that publish nothing -> the semi or anti join that has them on its right side."""
    hidden: dict[str, int] = {}
    for number, join in enumerate(draft.joins):
        if join and join.how in ("semi", "anti"):
            for alias in _reached(join.right, number, draft):
                hidden.setdefault(alias, number)
    return hidden


def _reached(start: str, without: int, draft: Draft) -> set[str]:
    """The sources that are joined to `start` when the join `without` is taken away."""
    found, edge = {start}, {start}
    while edge:
        ends = [
            {join.left, join.right}
            for number, join in enumerate(draft.joins)
            if join and number != without
        ]
        edge = {alias for pair in ends if pair & edge for alias in pair} - found
        found |= edge
    return found
