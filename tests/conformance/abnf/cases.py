"""The cases of the standard's grammar: which rule a text is an instance of, or that it is none."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
FILE = Path(
    os.environ.get("DPHUB_ABNF_CASES") or REPOSITORY / "../shared/conformance/odata-abnf-cases.json"
)


@dataclass(frozen=True)
class Case:
    """`fail_at` says that the text must be refused, and where a parser notices."""

    suite: str
    rule: str
    name: str
    text: str
    fail_at: int | None


def read() -> list[Case]:
    return [_case(each) for each in json.loads(FILE.read_text())["cases"]]


def _case(found: Mapping[str, object]) -> Case:
    fail_at = found.get("FailAt")
    return Case(
        str(found["Suite"]),
        str(found["Rule"]),
        str(found["Name"]),
        str(found["Input"]),
        None if fail_at is None else int(str(fail_at)),
    )
