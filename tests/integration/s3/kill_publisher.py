"""Run as a program: publish to a bucket again and again, each time killed one request later.

A step is a request to the S3 server: the publisher is killed before it gets through, and in the
next round when it has been done and before its answer. After every kill a fresh process checks the
lake. This process never asks the bucket: its children are forks.
"""

import sys
from functools import partial
from pathlib import Path

from dphub_assets.lake.writer import Lake
from tests.integration.kill_publisher import in_child, verify
from tests.integration.s3.proxy import Trouble, arm
from tests.lake_documents import product, publish

TROUBLES: tuple[Trouble, ...] = ("before", "after")


def main(url: str, place: str, folder: Path) -> int:
    steps = [survived_at(url, f"{place}/{each}", folder, each) for each in TROUBLES]
    print(*steps)
    return 0 if min(steps) > 8 else 1


def survived_at(url: str, place: str, folder: Path, trouble: Trouble) -> int:
    """The number of the first request that is not made any more."""
    step, survived = 0, False
    while not survived:
        step += 1
        lake = Lake.open_at(f"{place}-{step}", work=folder / trouble / str(step))
        assert in_child(partial(publish, lake, product())) == 0
        survived = in_child(partial(publish_and_die, url, lake, trouble, step)) == 0
        if in_child(partial(verify, lake, finished=survived)):
            sys.exit(f"killed {trouble} request {step}: the lake is torn")
    return step


def publish_and_die(url: str, lake: Lake, trouble: Trouble, step: int) -> None:
    arm(url, trouble, step)
    publish(lake, product(), start=10)
    arm(url, "lost", 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
