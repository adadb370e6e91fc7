"""Text to documents: YAML or JSON, read the same way whichever way it comes in.

A document is what kubectl would make of the text, with four differences: a date stays a text, an
unquoted `on:` stays `on`, a field written twice is refused, and so is what JSON cannot hold. An
empty document is skipped. Size, depth and the expansion of aliases are bounded.

Unreadable        the text is no documents; carries the Problem, whose path is file:line:column
"""

import json
from pathlib import Path
from typing import Any

import yaml

from dphub_k8s.documents import json_text, yaml_text
from dphub_k8s.documents.written import Unreadable, Written, refuse

__all__ = ["LONGEST", "SUFFIXES", "Unreadable", "Written", "decode", "dump", "parse", "read"]

LONGEST = 1 << 20
SUFFIXES = (".yaml", ".yml", ".json")


def read(path: Path) -> tuple[Written, ...]:
    """Raises Unreadable and OSError."""
    with path.open("rb") as file:
        return parse(decode(file.read(LONGEST + 1), str(path)), str(path))


def decode(content: bytes, file: str) -> str:
    """Raises Unreadable for what is too long or no UTF-8."""
    if len(content) > LONGEST:
        refuse(file, "TooLarge", f"more than {LONGEST >> 20} MiB of text is not read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        refuse(f"{file}:{line}", "NotText", f"byte {error.start} is no UTF-8")


def parse(text: str, file: str) -> tuple[Written, ...]:
    """The documents of one file, in order; the name of the file decides between JSON and YAML."""
    return json_text.parse(text, file) if file.endswith(".json") else yaml_text.parse(text, file)


def dump(document: Any) -> str:
    """YAML that `parse` reads back as the same document."""
    return yaml.dump(
        json.loads(json.dumps(document)),
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
