"""What stays true of a hub while its cluster is in trouble."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from dphub_k8s.shards import LOCATION
from tests.integration.faults import runs
from tests.integration.kube.hub import KubeHub
from tests.integration.stack import eventually

BYSTANDER = "bystander"
COLOURS = re.compile(r"\x1b\[[\d;]*m")
ERROR = " - ERROR - "
RELOAD = "__repository__ - dphub_reconcile - the definitions could not be reloaded: "
TICK = """{sensorOrError(sensorSelector:{repositoryName:"__repository__",
    repositoryLocationName:"%s", sensorName:"dphub_reconcile"}){
    ...on Sensor{sensorState{ticks(limit:1){status skipReason}}}}}"""


@dataclass
class Trouble:
    """Since `begun`, a line of the log, and `before`, the runs until then."""

    hub: KubeHub
    begun: int
    before: int

    def log(self, text: str = "") -> list[str]:
        lines = (COLOURS.sub("", line) for line in self.hub.stack.log[self.begun :])
        return [line for line in lines if text in line]

    def errors(self, text: str = "") -> list[str]:
        return [line.partition(ERROR)[2] for line in self.log(ERROR) if text in line]

    def is_told_once(self, text: str) -> None:
        """By the last tick and the log; a reload that was under way may say so too."""
        eventually(lambda: text in (skipped(self.hub) or ""), f"the tick said {text}")
        told = [line for line in self.errors(text) if not line.startswith(RELOAD)]
        assert len(told) == 1, self.log()

    def runs(self) -> dict[str, list[str]]:
        """How those of each product ended that began since, once all have."""
        found = eventually(lambda: runs.settled(self.hub.stack), "all runs had ended")
        new = found[self.before :]
        return {name: runs.of(new, name) for name in map(runs.product, new)}


def skipped(hub: KubeHub) -> str | None:
    """Why the last tick did nothing."""
    found = hub.stack.graphql(TICK % LOCATION)["sensorOrError"]["sensorState"]["ticks"]
    return found[0]["skipReason"] if found else None


@contextmanager
def trouble(hub: KubeHub) -> Iterator[Trouble]:
    """The bystander is served all the time, and stays what it is; nothing crashes, and the log
    does not repeat itself."""
    settled = eventually(lambda: runs.settled(hub.stack), "all runs had ended")
    made = Trouble(hub, len(hub.stack.log), len(settled))
    before = hub.get(BYSTANDER)
    with _served(hub, f"/odata/{BYSTANDER}"), _served(hub, "/odata/"):
        yield made
    eventually(lambda: _same(hub, before), "the bystander was what it had been")
    assert not made.log("Traceback"), made.log()
    assert not made.log("starting it again"), made.log()
    repeated = [text for text, times in Counter(made.errors()).items() if times > 1]
    assert not repeated, made.log()


def _same(hub: KubeHub, before: dict[str, Any]) -> bool:
    status = hub.get(BYSTANDER).get("status", {})
    same: bool = status.get("snapshot") == before["status"]["snapshot"]
    return same and hub.condition("Ready", BYSTANDER)["status"] == "True"


@contextmanager
def _served(hub: KubeHub, path: str) -> Iterator[None]:
    ended = threading.Event()
    answers: Counter[int | str] = Counter()

    def ask() -> None:
        while not ended.wait(0.2):
            try:
                answers[hub.stack.get(path).status_code] += 1
            except httpx.HTTPError as error:
                answers[type(error).__name__] += 1

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join()
    assert set(answers) == {200}, answers
