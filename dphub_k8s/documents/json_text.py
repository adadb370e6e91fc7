"""JSON, with a place for what is wrong with it."""

import json
from typing import Any, NoReturn

from dphub_k8s.documents.written import Written, refuse


def parse(text: str, file: str) -> tuple[Written, ...]:
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        refuse(f"{file}:{error.lineno}:{error.colno}", "NotJson", f"not JSON: {error.msg}")
    except (ValueError, RecursionError) as error:
        refuse(f"{file}:1", "NotJson", f"not JSON: {error}")
    if not isinstance(document, dict):
        refuse(f"{file}:1:1", "NotADocument", "a document is an object of fields")
    return (Written(document, file, 1, len(text.splitlines()) + 1, marked=False),)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} is written twice")
    return fields


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
