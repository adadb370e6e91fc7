"""A call stack with 600 calls to go, where Python has 1,000."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CALLS = 600


@contextmanager
def shallow() -> Iterator[None]:
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + CALLS)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)
