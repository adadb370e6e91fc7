"""What went wrong, in as few lines as it takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from dphub_k8s.cluster.errors import ApiError
from dphub_k8s.reconcile.subject import Subject


@dataclass(frozen=True, slots=True)
class Fault:
    subject: Subject
    error: ApiError


def lines(faults: Iterable[Fault]) -> list[str]:
    """One for all that were refused alike."""
    alike: dict[tuple[int, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.error.status, fault.error.reason), []).append(fault)
    return [f"{group[0].subject}: {group[0].error}{_others(group[1:])}" for group in alike.values()]


def _others(faults: list[Fault]) -> str:
    return f" (and {len(faults)} other products)" if faults else ""
