"""One stack for one home: two daemons on one database would both ask for every run."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from dphub_k8s.settings import Settings

NAME = "dev.lock"


class Taken(Exception):
    """Another stack has it."""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Raises Taken."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(
                f"another `dphub dev` is using {settings.home}: stop it, or choose another --home"
            ) from None
        yield


def is_taken(settings: Settings) -> bool:
    try:
        with (settings.home / NAME).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
