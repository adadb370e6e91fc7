"""What people read of a tick."""

from collections.abc import Sequence

from dphub_assets.decide.reconcile import Decision

NAMED = 20


class Said:
    """What the log has been told, by kind, so that it is told each thing once while that lasts."""

    def __init__(self) -> None:
        self._said: dict[str, set[str]] = {}

    def new(self, kind: str, lines: Sequence[str]) -> list[str]:
        before = self._said.get(kind, set())
        self._said[kind] = set(lines)
        return [line for line in lines if line not in before]


def in_words(decision: Decision, total: int, now: float) -> str:
    """What people read in the list of ticks."""
    parts = [
        ("reloaded", decision.stale),
        ("published without a run", decision.publish),
        ("retired", decision.retire),
        ("running", decision.running),
        ("queued", decision.queued),
        ("held", [f"{name} for {some(before)}" for name, before in decision.held.items()]),
        ("waiting", [f"{name} for {', '.join(why)}" for name, why in decision.waiting.items()]),
        ("tried again", [f"{n} in {at - now:.0f} s" for n, at in decision.later.items()]),
        ("failed until edited", decision.failed),
        ("refused", decision.broken),
        ("suspended", decision.suspended),
    ]
    said = "; ".join(f"{word}: {some(names)}" for word, names in parts if names)
    return f"{total} products; {said}" if said else f"{total} products, all as declared"


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
