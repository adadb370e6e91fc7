"""Run as a program: build and publish on a disk that is full one block later each time.

The folder is a file system of its own, small enough to be filled. Where the build fails, the reason
is told, the old or the new snapshot is current and whole, and with room the next build succeeds.
"""

import os
import shutil
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import polars as pl

from dphub_assets.build.errors import BuildError
from dphub_assets.build.publish import Builder
from dphub_assets.lake.errors import LakeError
from tests import build_products, factories
from tests.integration.kill_publisher import in_child

BLOCK = 4096
OLD, NEW = [1, 2, 3], [4, 5, 6]
PRODUCT = factories.admitted(sources=["numbers"], columns={"a": "long"})
DONE, HELD_BACK = 0, 3


def main(root: Path) -> int:
    """Works in children only: what libraries start in a process does not survive a fork."""
    free, failures, ended = 0, 0, HELD_BACK
    while ended == HELD_BACK:
        shutil.rmtree(root / "home", ignore_errors=True)
        in_child(partial(source, root, OLD))
        in_child(partial(publish, root))
        in_child(partial(source, root, NEW))
        fill(root, free)
        ended = in_child(partial(publish, root))
        (root / "ballast").unlink()
        now = partial(verify, root, NEW, *([OLD] if ended == HELD_BACK else []))
        if any(map(in_child, [now, partial(publish, root), partial(verify, root, NEW)])):
            print(f"with {free} bytes free the lake is torn", file=sys.stderr)
            return 1
        free, failures = free + BLOCK, failures + (ended == HELD_BACK)
    print(f"{failures} failures")
    return 0 if ended == DONE and failures > 3 else 1


def source(root: Path, values: list[int]) -> None:
    pl.DataFrame({"a": values}).write_parquet(root / "numbers.parquet")


def fill(root: Path, free: int) -> None:
    """Leave `free` bytes; nobody else may write meanwhile, unless none are to be left."""
    with suppress(OSError), (root / "ballast").open("wb", buffering=0) as ballast:
        while shutil.disk_usage(root).free > free:
            ballast.write(bytes(BLOCK))


def publish(root: Path) -> None:
    try:
        build_products.build(build_products.builder(root), PRODUCT)
    except (BuildError, LakeError) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        os._exit(HELD_BACK)


def verify(root: Path, *allowed: list[int]) -> None:
    """What the pointer names and what a plain Delta reader sees are whole; mended, they agree."""
    made = build_products.builder(root)
    plain = pl.read_delta(made.lake.uri(PRODUCT.name))["a"].to_list()
    assert {tuple(plain), tuple(served(made))} <= set(map(tuple, allowed)), (plain, served(made))
    made.lake.heal(PRODUCT.name)
    assert served(made) == plain


def served(made: Builder) -> list[int]:
    snapshot = made.lake.current(PRODUCT.name)
    assert snapshot is not None
    found: list[int] = pl.read_parquet(build_products.rows_file(made, snapshot))["a"].to_list()
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
