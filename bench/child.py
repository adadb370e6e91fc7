"""`python -m bench.child PROGRAM …`: one piece of work in a process of its own, and its cost.

materialize FILE         what `dphub materialize` does
sorted FOLDER TARGET     a bare COPY of the same rows in the published order
unsorted FOLDER TARGET   a bare COPY in no order

The last line is JSON. Libraries are loaded before the clock starts.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.measure import peak_mib, timed


def program(name: str, arguments: list[str]) -> Callable[[], int | None]:
    if name == "materialize":
        from dphub_assets import direct

        return partial(direct.materialize, arguments)
    from bench import raw
    from dphub_assets.settings import BuildSettings
    from dphub_k8s.settings import Settings

    folder, target = map(Path, arguments)
    limits = BuildSettings.read(Settings.read())
    return partial(raw.copy, folder, target, limits, in_order=name == "sorted")


def main(name: str, *arguments: str) -> int:
    work = program(name, list(arguments))
    failed: list[int | None] = []
    cost = timed(lambda: failed.append(work()))
    print(json.dumps({"cpu": cost.cpu, "wall": cost.wall, "peak_mib": peak_mib()}))
    return failed[0] or 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
