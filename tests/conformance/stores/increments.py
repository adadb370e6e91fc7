"""Counting in a document, as a thread and as a program: `python -m … PRODUCTS STATE TIMES`."""

import sys
from pathlib import Path

from dphub_k8s.stores.base import Conflict, ProductStore
from dphub_k8s.stores.directory import DirectoryStore
from tests.factories import changed


def increment(store: ProductStore) -> None:
    """Read, count, replace; again when somebody else was faster."""
    while True:
        seen = store.get("counter")
        number = int(seen.document["spec"]["displayName"])
        try:
            store.replace(changed(seen.document, "spec.displayName", str(number + 1)), seen.version)
        except Conflict:
            continue
        return


if __name__ == "__main__":
    folder, state, times = sys.argv[1:]
    shared = DirectoryStore(Path(folder), Path(state))
    for _ in range(int(times)):
        increment(shared)
