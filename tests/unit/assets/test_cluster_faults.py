"""A fault at any call to the API server changes nothing of how it all ends."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dphub_k8s.cluster import mirror
from dphub_k8s.cluster.client import Client
from tests import factories
from tests.kube import products
from tests.kube.fake import faults
from tests.kube.fake.cluster import FakeCluster, running
from tests.kube.fake.faults import EVERY
from tests.kube.small_hub import SmallHub, Works

DP = products.settings(None).products
PATIENCE = 20.0
FAULTS = {
    "conflict": faults.CONFLICT,
    "expired": faults.EXPIRED,
    "busy": faults.busy(None),
    "busy-for-a-moment": faults.busy(0),
    "broken": faults.BROKEN,
    "not-ready": faults.NOT_READY,
    "forbidden": faults.FORBIDDEN,
    "reset": faults.RESET,
    "lost-answer": faults.LOST_ANSWER,
    "silent": faults.silent(0.05),
    "proxy": faults.PROXY,
}
# All faults at all calls: DPHUB_EVERY_FAULT=1.
STRIDE = 1 if os.environ.get("DPHUB_EVERY_FAULT") else 3
# How many calls it takes depends on how quickly news arrive.
SLACK = 5
LASTING = ("conflict", "forbidden", "not-ready", "reset")
A_WHILE = 4


@dataclass
class Trial:
    """One life of some products, told to a cluster by an author, with a hub beside it."""

    fake: FakeCluster
    folder: Path
    works: Works = field(default_factory=Works)
    hubs: list[SmallHub] = field(default_factory=list)
    dies_at: int | None = None

    def __post_init__(self) -> None:
        self.author = Client.open(self.fake.kubeconfig(self.folder / "author", "author"))
        products.install(self.author)
        self.begin_hub()

    def begin_hub(self) -> None:
        user = f"hub-{len(self.hubs)}"
        self.hubs.append(SmallHub(self.fake.kubeconfig(self.folder / user, user), self.works))

    def play(self) -> "Trial":
        for name in ("a", "b", "c"):
            self.apply(name)
        self.until(lambda: all(map(self.ready, "abc")))
        bystander = self.object("b")
        self.apply("a", columns={"item": "string", "price": "double"})
        self.until(lambda: self.ready("a"))
        self.apply("c", key="nothing", columns={"item": "nothing"})
        self.until(lambda: self.said("c", "Accepted") == "False")
        self.apply("c")
        self.until(lambda: self.ready("c"))
        self.fake.stop()
        self.fake.compact()
        self.fake.start()
        self.apply("a", columns={"item": "string", "price": "double"}, owner="me")
        self.until(lambda: self.ready("a"))
        self.delete("c")
        self.until(lambda: "c" not in self.works.published)
        self.apply("c")
        self.until(lambda: self.ready("c"))
        self.delete("a")
        self.until(lambda: "a" not in self.works.published)
        self.until(lambda: self.hubs[-1].settled)
        assert self.object("b") == bystander
        return self

    def until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            assert time.monotonic() < deadline, (self.works, self.hubs[-1].skipped)
            if len(self.hubs) == 1 and self.dies_at and len(self.calls) >= self.dies_at:
                self.fake.faults.plan(faults.RESET, user="hub-0", times=EVERY)
                self.begin_hub()
            self.hubs[-1].tick()
            time.sleep(0.002)

    @property
    def calls(self) -> list[str]:
        return [str(call.verb) for call in self.fake.calls if call.user.startswith("hub")]

    def apply(self, name: str, **said: Any) -> None:
        self.author.apply(DP.path("default", name), factories.product(name, **said), "author")

    def delete(self, name: str) -> None:
        self.author.call("DELETE", DP.path("default", name))

    def object(self, name: str) -> dict[str, Any]:
        kind = self.fake.state.kinds[DP.group, DP.version, DP.plural]
        return self.fake.state.get(kind, ("default", name)).document

    def said(self, name: str, condition: str) -> str | None:
        """Of the generation that is declared."""
        found = self.object(name)
        status = found.get("status", {})
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            return None
        return str(next(x["status"] for x in status["conditions"] if x["type"] == condition))

    def ready(self, name: str) -> bool:
        return self.said(name, "Ready") == "True"

    @property
    def end(self) -> dict[str, Any]:
        """How it all ended."""
        return {
            "done": self.works.done,
            "published": {n: each.sequence for n, each in self.works.published.items()},
            "statuses": {name: _timeless(self.object(name)["status"]) for name in "bc"},
            "exported": {name: each["data"] for name, each in self.all("", "configmaps").items()},
            "exposed": {
                name: (each["spec"], self.owner(each))
                for name, each in self.all("networking.k8s.io", "ingresses").items()
            },
        }

    @property
    def events(self) -> Counter[tuple[str, str, str]]:
        found = self.all("", "events").values()
        return Counter((x["involvedObject"]["name"], x["reason"], x["message"]) for x in found)

    def all(self, group: str, plural: str) -> dict[str, dict[str, Any]]:
        records = self.fake.state.records[group, plural]
        return {name: record.document for (_, name), record in records.items()}

    def owner(self, item: dict[str, Any]) -> str:
        """The product that lives now, or nobody's uid."""
        uid = str(item["metadata"]["ownerReferences"][0]["uid"])
        return {self.object(name)["metadata"]["uid"]: name for name in "bc"}.get(uid, uid)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        times = ("lastTransitionTime", "materializedAt")
        return {key: _timeless(each) for key, each in value.items() if key not in times}
    return [_timeless(each) for each in value] if isinstance(value, list) else value


@contextmanager
def trial(folder: Path) -> Iterator[Trial]:
    folder.mkdir()
    with running() as fake:
        made = Trial(fake, folder)
        yield made
        for hub in made.hubs:
            hub.store.close()


@pytest.fixture(scope="module", autouse=True)
def _in_a_hurry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "PAUSE_SECONDS", 0.01)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    with trial(tmp_path_factory.mktemp("undisturbed") / "0") as made:
        return made.play()


@pytest.mark.parametrize(
    ("kind", "times", "first"),
    [
        (kind, times, number % STRIDE)
        for number, (kind, times) in enumerate(
            [*((kind, 1) for kind in FAULTS), *((kind, A_WHILE) for kind in LASTING)]
        )
    ],
)
def test_a_fault_at_any_call(
    undisturbed: Trial, tmp_path: Path, kind: str, times: int, first: int
) -> None:
    for number in range(first, len(undisturbed.calls) - SLACK, STRIDE):
        with trial(tmp_path / f"{number}") as made:
            made.fake.faults.plan(FAULTS[kind], user="hub-0", skip=number, times=times)
            _assert_same(made.play(), undisturbed, number)
            assert made.fake.faults.met, number


def test_the_hub_dies_at_any_call(undisturbed: Trial, tmp_path: Path) -> None:
    for number in range(1, len(undisturbed.calls) - SLACK, STRIDE):
        with trial(tmp_path / f"{number}") as made:
            made.dies_at = number
            _assert_same(made.play(), undisturbed, number)
            assert len(made.hubs) == 2, number


def _assert_same(made: Trial, undisturbed: Trial, number: int) -> None:
    """Events are for people: one may be lost, none is doubled."""
    assert made.end == undisturbed.end, number
    assert made.events <= undisturbed.events, number
