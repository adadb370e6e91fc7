"""What went wrong, in as few lines as it takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.reconcile.subject import Subject


@dataclass(frozen=True, slots=True)
class Fault:
    subject: Subject
    error: ApiError


# Status and reason of what was said, and of which product, or of none in particular.
Said = set[tuple[int, str, str]]


def lines(faults: Iterable[Fault], said: Said) -> list[str]:
    """What was not said before: one for all that were refused alike."""
    alike: dict[tuple[int, str], list[Fault]] = {}
    for fault in faults:
        if _is_new(fault.error, fault.subject.uid, said):
            alike.setdefault((fault.error.status, fault.error.reason), []).append(fault)
    return [f"{group[0].subject}: {group[0].error}{_others(group[1:])}" for group in alike.values()]


def line(part: str, error: ApiError, said: Said) -> list[str]:
    """Of what no product is the reason for. Each attempt has other words for a server that is
    away."""
    return [f"{part}: {error}"] if _is_new(error, "", said) else []


def _is_new(error: ApiError, uid: str, said: Said) -> bool:
    key = error.status, error.reason, uid
    known = key in said
    said.add(key)
    return not known


def _others(faults: list[Fault]) -> str:
    return f" (and {len(faults)} other products)" if faults else ""
