"""A rule of the CRD in CEL, and pieces that rules are made of."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """`at` is a place in the schema (`[]` an item, `*` a value of a mapping), `field` the one below
    it that an error names. In a message CEL stands between `<<` and `>>`."""

    at: str
    rule: str
    message: str
    field: str = ""

    def document(self) -> dict[str, str]:
        """As it stands in `x-kubernetes-validations`."""
        parts = re.split("<<(.*?)>>", self.message)
        said = {"rule": self.rule, "message": "…".join(parts[::2])}
        if len(parts) > 1:
            said["messageExpression"] = " + ".join(
                part if number % 2 else text(part) for number, part in enumerate(parts) if part
            )
        return {**said, "fieldPath": self.field} if self.field else said


def every(
    at: str,
    items: str,
    holds: str,
    message: str,
    *,
    given: str = "",
    names: str = "",
    field: str = "",
) -> Demand:
    """What `holds` for every `x` of a list, or of the names of a mapping; in the message `<<x>>` is
    the first that it does not hold for. `given` says when it is asked at all; `names` is a list
    that is made once: the server counts what is done while it asks."""
    rule = f"{items}.all(x, {holds})"
    broken = f"{items}.filter(x, !({holds}))[0]"
    if names:
        rule = f"[{names}].all(names, {rule})"
        broken = f"[{names}].map(names, {broken})[0]"
    message = re.sub(r"<<x\b", lambda _: f"<<{broken}", message)
    return Demand(at, f"!{given} || {rule}" if given else rule, message, field)


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def texts(values: Iterable[str]) -> str:
    return f"[{', '.join(map(text, sorted(values)))}]"


def whole(value: str, pattern: str) -> str:
    """That a text is this and nothing else."""
    return f"{value}.matches(r'^(?:{pattern})$')"
