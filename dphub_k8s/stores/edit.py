"""One document of a file is replaced or cut out; what else stands in the file stays as it is."""

import json
from collections.abc import Sequence

from dphub_k8s import documents
from dphub_k8s.documents import Written
from dphub_k8s.stores.base import Document, StoreError


def alone(document: Document, file: str) -> str:
    """The text of a new file."""
    return _checked(documents.dump(document), file, [document])


def replaced(text: str, file: str, number: int, document: Document) -> str:
    """`text` with `document` in place of its document `number`."""
    if file.endswith(".json"):
        return _checked(json.dumps(document, indent=2, ensure_ascii=False) + "\n", file, [document])
    written = documents.parse(text, file)
    old = written[number]
    mark = "---\n" if old.marked else ""
    new = _spliced(text, old, mark + documents.dump(document))
    wanted = [other.document for other in written]
    wanted[number] = dict(document)
    return _checked(new, file, wanted)


def removed(text: str, file: str, number: int) -> str:
    """`text` without its document `number`."""
    written = documents.parse(text, file)
    wanted = [other.document for other in written if other is not written[number]]
    return _checked(_spliced(text, written[number], ""), file, wanted)


def _spliced(text: str, old: Written, new: str) -> str:
    lines = text.splitlines(keepends=True)
    end = old.end - 1
    # The comment above the next document is not this one's.
    while end > old.start and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
        end -= 1
    return "".join([*lines[: old.start - 1], new, *lines[end:]])


def _checked(text: str, file: str, wanted: Sequence[object]) -> str:
    try:
        written = documents.parse(documents.decode(text.encode(), file), file)
    except ValueError as error:
        raise StoreError(f"the document cannot be written: {error}") from None
    if [other.document for other in written] != wanted:
        raise StoreError(f"{file} cannot be written so that it reads as meant; edit it by hand")
    return text
