"""Run as a program: publish to a lake again and again, each time killed one step later.

A step is any act on a file below the lake that Python can see (audit events), before it happens;
the Delta commit is one act of a library, with the steps before and after it. After every kill a
fresh process checks that the old or the new snapshot is current, whole, and the same for the
pointer, the log and a plain Delta reader.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from dphub_assets.lake.writer import Lake
from tests.lake_documents import product, publish

PLAIN_HTTP = {"allow_http": "true"}
OLD, NEW = [0, 1, 2], [10, 11, 12]
ACTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "fcntl.flock", "os.scandir"}


def main(folder: Path) -> int:
    step, survived = 0, False
    while not survived:
        step += 1
        root = folder / f"{step}"
        in_child(partial(publish, Lake.open_at(root), product()))
        survived = in_child(partial(publish_and_die, root, step)) == 0
        if in_child(partial(verify, Lake.open_at(root), finished=survived)):
            print(f"step {step}: the lake is torn", file=sys.stderr)
            return 1
    print(step)
    return 0 if step > 10 else 1


def in_child(work: Callable[[], object]) -> int:
    """The exit status of `work` in a forked process, negative for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
    except BaseException as error:  # noqa: BLE001  the child ends here
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def publish_and_die(root: Path, step: int) -> None:
    left = step

    def die(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in ACTS and (event == "fcntl.flock" or str(root) in str(args)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    publish(Lake.open_at(root), product(), start=10)


def verify(lake: Lake, *, finished: bool) -> None:
    served = rows_of_pointer(lake)
    assert served in (OLD, NEW), served
    plain = pl.read_delta(lake.uri("orders"), storage_options=PLAIN_HTTP)["a"].to_list()
    assert plain in (OLD, NEW), plain
    lake.heal("orders")
    assert rows_of_pointer(lake) == plain
    if finished:
        assert served == NEW
    publish(lake, product(), start=20)
    assert rows_of_pointer(lake) == [20, 21, 22]


def rows_of_pointer(lake: Lake) -> list[int]:
    snapshot = lake.current("orders")
    assert snapshot is not None
    files = [lake.local(snapshot, file) for file in snapshot.document.files]
    return pl.read_parquet(files)["a"].to_list()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
