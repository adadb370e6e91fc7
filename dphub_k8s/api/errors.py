"""What is wrong with a product, said so that its owner can mend it.

Refused           the product cannot be taken; carries every Problem that was found
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where (`spec.entity.columns[2].type`), a CamelCase reason, what would be right."""

    path: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Refused(ValueError):
    """The product cannot be taken; `problems` has all that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["Refused"], tuple[tuple[Problem, ...]]]:
        return Refused, (self.problems,)


def unknown(found: str, what: str, known: Iterable[str]) -> str:
    """The sentence for a name that is not among `known`, with the nearest if there is one."""
    names = sorted(known)
    by_fold = {name.casefold(): name for name in names}
    near = get_close_matches(found.casefold(), by_fold, n=1, cutoff=0.6)
    hint = f"; did you mean {by_fold[near[0]]!r}?" if near else ""
    return f"{found!r} is no {what}{hint} (known: {', '.join(names) or 'none'})"
