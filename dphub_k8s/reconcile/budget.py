"""How much a tick may do, and when what has failed is tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]

CALL_SECONDS = 5.0
FIRST_SECONDS = 2.0
MOST_SECONDS = 300.0
# How often the cluster is looked at whole, whoever changed it.
LOOK_SECONDS = 300.0


@dataclass
class Budget:
    """Calls to the API server, until `deadline`."""

    calls: int
    deadline: float
    clock: Clock = time.monotonic

    def __bool__(self) -> bool:
        return self.calls > 0 and self.clock() < self.deadline

    def spend(self) -> float:
        """One call; how many seconds it may take."""
        self.calls -= 1
        return max(1.0, min(CALL_SECONDS, self.deadline - self.clock()))


@dataclass
class Backoff:
    """Waits twice as long after each failure."""

    failures: int = 0
    due: float = float("-inf")

    def failed(self, now: float) -> None:
        self.due = now + min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.failures, 16))
        self.failures += 1
