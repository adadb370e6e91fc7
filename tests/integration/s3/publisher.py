"""Run as a program: one edit of the product, then builds of what is declared until committed.

The declaration is an object of the lake; an edit makes its number higher. Says "ready", waits for a
line, and says in the end which snapshot was its own.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dphub_assets.lake.errors import Superseded, Unavailable
from dphub_assets.lake.writer import Lake
from tests.lake_documents import identity, product, publish_staged

DECLARED = "declared"
Found = TypeVar("Found")


def main(place: str, work: Path) -> None:
    lake = Lake.open_at(place, work=work)
    print("ready", flush=True)
    sys.stdin.readline()
    patiently(lambda: lake.objects.update(DECLARED, lambda now: b"%d" % (int(now or b"0") + 1)))
    while not (published := patiently(lambda: attempt(lake))):
        pass
    print(published, flush=True)


def patiently(act: Callable[[], Found]) -> Found:
    """Again while the server is away."""
    while True:
        try:
            return act()
        except Unavailable as error:
            print(error, file=sys.stderr)
            time.sleep(0.1)


def attempt(lake: Lake) -> str | None:
    """The id of the snapshot that was published; None when another one came first."""
    with lake.staging("orders") as staging:
        generation = int(lake.objects.read(DECLARED))
        wanted = product(description=f"edit {generation}")
        try:
            publish_staged(lake, staging, wanted, identity(wanted), 1, generation)
        except Superseded:
            return None
        except Unavailable:
            # As the hub: what the log has is published, and the pointer is mended.
            if staging.id not in patiently(lambda: committed(lake)):
                raise
            patiently(lambda: lake.heal("orders"))
        return staging.id


def committed(lake: Lake) -> list[str | None]:
    return [commit.snapshot for commit in lake.commits("orders")]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
