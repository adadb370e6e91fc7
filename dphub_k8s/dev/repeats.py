"""Tracebacks that repeat: Dagster tells each error whole, on a full disk hundreds in a minute."""

import re
import time
from collections.abc import Callable

SECONDS = 30.0
KEPT = 5_000
LEFT_OUT = f"  … what was said within {SECONDS:.0f} s is left out\n"
_TRACEBACK = re.compile(r"Traceback \(most recent|Stack Trace:")
# How Dagster, this hub and uvicorn begin what they log, colours before.
_RECORD = re.compile(r"(\x1b\[[\d;]*m)*(\d{4}-\d\d-\d\d |[A-Z]+: )")
# Of runs, ticks, moments and objects.
_NUMBERS = re.compile(r"[0-9a-f]{4,}|\d+")


class Repeats:
    """Of a traceback, the lines that this process has not said within SECONDS. What is no part of
    one, such as the message before it, is always shown."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._inside = self._told = False

    def shown(self, line: str) -> str:
        """What to print for it, maybe nothing."""
        if _RECORD.match(line):
            self._inside = self._told = False
        elif _TRACEBACK.match(line):
            self._inside = True
        if not self._inside or self._is_new(line):
            return line
        told, self._told = self._told, True
        return "" if told else LEFT_OUT

    def _is_new(self, line: str) -> bool:
        now, same = self._clock(), _NUMBERS.sub("#", line)
        if now - self._said.get(same, -SECONDS) < SECONDS:
            return False
        if len(self._said) >= KEPT:
            self._said.clear()
        self._said[same] = now
        return True
