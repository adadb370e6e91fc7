"""A document and where it is written, and the refusal of a text that is none."""

from dataclasses import dataclass
from typing import Any, NoReturn

from dphub_k8s.api.errors import Problem


class Unreadable(ValueError):
    """The text is no documents."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)

    def __str__(self) -> str:
        return str(self.problem)


@dataclass(frozen=True, slots=True)
class Written:
    """One document and where it is written: lines count from 1, `end` is the line after its last.

    `start` is the line of its `---`, or of its first field when it is not `marked` by one.
    """

    document: dict[str, Any]
    file: str
    start: int
    end: int
    marked: bool

    @property
    def origin(self) -> str:
        return f"{self.file}:{self.start}"


def refuse(place: str, reason: str, message: str) -> NoReturn:
    raise Unreadable(Problem(place, reason, message))
