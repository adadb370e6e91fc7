"""`python -m dphub_assets infer`: a first product over files, on standard output."""

import argparse
import csv
import glob
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dphub_assets.build.publish import planned
from dphub_assets.build.session import session
from dphub_assets.infer import columns, names, text
from dphub_assets.infer.columns import Profile
from dphub_assets.infer.draft import Draft, draft
from dphub_assets.settings import BuildSettings
from dphub_assets.sources.errors import SourceError
from dphub_assets.sources.files import fixed
from dphub_assets.sources.location import Roots, locate
from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Problem, Refused
from dphub_k8s.api.product import API_VERSION, KIND
from dphub_k8s.api.sources import COMPRESSED, Source
from dphub_k8s.settings import Settings

DELIMITERS = ",;\t|"
HEAD_LINES, HEAD_BYTES = 20, 1 << 16


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dphub infer")
    parser.add_argument("files", nargs="+", metavar="FILE|PATTERN|FOLDER")
    parser.add_argument("--name", help="of the product")
    options = parser.parse_args(arguments)
    try:
        print(infer(options.files, options.name, Settings.read()), end="")
    except (Refused, SourceError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def infer(files: list[str], called: str | None, settings: Settings) -> str:
    """The text of a product that is admitted and can be built. Raises Refused, SourceError."""
    sources = _sources(files, settings)
    with session(BuildSettings.read(settings)) as connection, TemporaryDirectory() as folder:
        profiles: list[Profile] = []
        roots = Roots(settings.data_root, settings.allowed_roots)
        for alias, source in sources.items():
            relation = locate(source, roots).relation(connection, Path(folder) / alias)
            profiles.append(columns.profile(connection, alias, source, relation))
        made = draft(connection, profiles, called or names.stem(files[0]))
        written = _checked(made, settings)
        product = admit(made.document, roots=settings.allowed_roots)
        used = product.spec.backend.sources
        planned(connection, product, {p.alias: p.relation for p in profiles if p.alias in used})
    return written


def _checked(made: Draft, settings: Settings) -> str:
    """What is read back is what was meant, and is admitted."""
    written = text.written(made)
    (document,) = documents.parse(written, "-")
    assert document.document == made.document
    admit(document.document, roots=settings.allowed_roots)
    return written


def _sources(files: list[str], settings: Settings) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for file in files:
        alias = names.alias(names.stem(file), found)
        source = Source.model_validate({"path": _path(file, settings)})
        said: dict[str, Any] = {"hive": True} if _is_hive(source, settings) else {}
        if source.kind == "csv" and (delimiter := _delimiter(source, settings)):
            said["options"] = {"delimiter": delimiter}
        found[alias] = Source.model_validate({"path": source.path, **said})
    if refused := [p for a, s in found.items() for p in _refusals(a, s, settings)]:
        raise Refused(refused)
    return found


def _is_hive(source: Source, settings: Settings) -> bool:
    """Whether all files of a pattern lie in folders of the same names, such as `year=2024`."""
    if not source.is_pattern or source.scheme or source.path is None:
        return False
    outside = len(fixed(source.path).parts)
    found = glob.iglob(source.path, root_dir=settings.data_root, recursive=True)  # noqa: PTH207
    names = {
        tuple(sorted(part.partition("=")[0] for part in folders if "=" in part))
        for folders in (Path(file).parts[outside:-1] for file in found)
    }
    return len(names) == 1 and names != {()}


def _refusals(alias: str, source: Source, settings: Settings) -> tuple[Problem, ...]:
    """What admission says of the source alone, before anything is read."""
    columns = [{"name": "id", "type": "string", "generated": True}, {"name": "x", "type": "string"}]
    document = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": "draft"},
        "spec": {
            "backend": {"sources": {alias: source.model_dump(exclude_unset=True)}},
            "entity": {"name": "Row", "key_column": "id", "columns": columns},
        },
    }
    try:
        admit(document, roots=settings.allowed_roots)
    except Refused as refused:
        return refused.problems
    return ()


def _path(file: str, settings: Settings) -> str:
    """As a product says it: from the data root, where the file is under it."""
    if "://" in file:
        return file
    here = Path(file)
    if here.exists() and Source(path=file).is_pattern:
        file = "".join(f"[{c}]" if c in "*?[" else c for c in file)
    whole = Path(os.path.normpath(Path.cwd() / file))
    inside = whole.is_relative_to(settings.data_root)
    return str(whole.relative_to(settings.data_root) if inside else whole)


def _delimiter(source: Source, settings: Settings) -> str | None:
    """Another than the usual one, if that is what cuts the first lines into the most fields."""
    if source.scheme or source.is_pattern or str(source.path).lower().endswith(COMPRESSED):
        return None
    try:
        with (settings.data_root / str(source.path)).open("rb") as file:
            head = file.read(HEAD_BYTES).decode("utf-8", "replace").splitlines()[:HEAD_LINES]
    except OSError:
        return None
    best = max(DELIMITERS, key=lambda char: _fields(head, char))
    return best if _fields(head, best) > max(1, _fields(head, source.delimiter)) else None


def _fields(head: list[str], delimiter: str) -> int:
    """How many, if every line has as many."""
    counts = {len(row) for row in csv.reader(head, delimiter=delimiter) if row}
    return counts.pop() if len(counts) == 1 else 0
