"""A draft as YAML that people will edit: a column a line, notes behind the lines."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from dphub_assets.infer.draft import Draft

HEAD = "Drafted by `dphub infer` from what the files hold today; read it before you publish."
NO_NULLS = "`no nulls` is what was seen; `nullable: false` would promise it."


def written(draft: Draft) -> str:
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    document, notes = draft.document, draft.notes
    backend, entity = document["spec"]["backend"], document["spec"]["entity"]
    yield f"# {HEAD}"
    if any(note == "no nulls" for note in notes.values()):
        yield f"# {NO_NULLS}"
    yield from (f"# Open: {' '.join(each.split())}" for each in draft.open)
    yield f"apiVersion: {document['apiVersion']}"
    yield f"kind: {document['kind']}"
    yield f"metadata: {_flow(document['metadata'])}"
    yield "spec:"
    yield "  backend:"
    yield "    sources:"
    for alias, source in backend["sources"].items():
        yield f"      {_flow(alias)}: {_flow(source)}{_note(notes, 'sources', alias)}"
    if "joins" in backend:
        yield "    joins:"
        for number, join in enumerate(backend["joins"]):
            yield f"      - {_flow(join)}{_note(notes, 'joins', str(number))}"
    yield "  entity:"
    yield f"    name: {_flow(entity['name'])}"
    yield f"    key_column: {_flow(entity['key_column'])}"
    yield "    columns:"
    for column in entity["columns"]:
        yield f"      - {_flow(column)}{_note(notes, 'columns', column['name'])}"


def _note(notes: Mapping[tuple[str, ...], str], *place: str) -> str:
    found = notes.get(place)
    return f"  # {' '.join(found.split())}" if found else ""


def _flow(value: Any) -> str:
    """On one line, however long; `on` and the like in quotes."""
    text = yaml.dump(
        value,
        Dumper=yaml.CSafeDumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=10**6,
    )
    return " ".join(str(text).removesuffix("...\n").split("\n")).strip()
