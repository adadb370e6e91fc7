"""What the store is told, how often, and what becomes of what it could not be told."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.decide.reconcile import Decision, Failure, Tried
from dphub_assets.lake.reader import Snapshot
from dphub_assets.status import teller as telling
from dphub_assets.status.conditions import Heard
from dphub_assets.status.teller import Observed, Teller
from dphub_assets.status.words import Said
from dphub_k8s.api.snapshot import DataFile
from dphub_k8s.api.status import Status
from dphub_k8s.stores.base import StoreError
from dphub_k8s.stores.memory import MemoryStore
from tests import lake_documents
from tests.factories import product

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = DataFile(path="f", rows=7, bytes=8, digest="", statistics={})
NOTHING = Decision()


class Counted(MemoryStore):
    """Counts what is written; `fault` is what it says instead."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self.tries = 0
        self.fault = ""

    def set_status(self, name: str, uid: str, status: Status) -> bool:
        self.tries += 1
        if self.fault:
            raise StoreError(f"{self.fault} (PATCH {name})", self.fault)
        self.writes.append(name)
        return super().set_status(name, uid, status)


@dataclass
class Hub:
    store: Counted = field(default_factory=Counted)
    now: datetime = NOW
    tried: dict[str, Tried] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    heard: Heard | None = None

    def __post_init__(self) -> None:
        self.teller = Teller(self.store)
        self.declarations = Declarations(self.store, None)

    def declared(self) -> dict[str, Declared]:
        return self.declarations.read()

    def publish(self, sequence: int = 0) -> None:
        for name, one in self.declared().items():
            assert one.product is not None
            document = lake_documents.document("id", one.product, one.identity, FILE)
            self.snapshots[name] = Snapshot(sequence, document)

    def tell(self, decision: Decision = NOTHING) -> list[str]:
        """Names of what was written."""
        self.now += timedelta(seconds=1)
        before = len(self.store.writes)
        observed = Observed(self.now, self.declared(), self.snapshots, heard=lambda _: self.heard)
        self.teller.tell(observed, decision, self.tried)
        return self.store.writes[before:]

    def ready(self, name: str = "a") -> str:
        status = self.store.status(name)
        ready = status.condition("Ready") if status else None
        assert ready is not None
        return f"{ready.status} {ready.reason}"


@pytest.fixture
def hub() -> Hub:
    made = Hub()
    made.store.create(product("a"))
    return made


def test_from_nothing_to_ready_in_three_writes(hub: Hub) -> None:
    hub.heard = Heard(None)
    tick = ["a"]
    assert hub.tell(Decision(stale=("a",))) == tick
    assert hub.tell(Decision(build={"a": "key"})) == []
    assert hub.tell(Decision(running=("a",))) == tick
    # The run has ended, and the lake was looked at before that.
    hub.tried = {"a": Tried(attempts=1, last_end=NOW.timestamp(), last_run="r")}
    assert hub.tell(Decision(later={"a": NOW.timestamp() + 5})) == []
    hub.tried = {}
    hub.publish()
    assert hub.tell() == []
    hub.heard = Heard(0)
    assert hub.tell() == tick
    assert hub.ready() == "True Served"
    assert [hub.tell() for _ in range(600)] == [[]] * 600


def test_the_next_hub_has_nothing_to_write(hub: Hub) -> None:
    hub.publish()
    hub.tell()
    again = Hub(hub.store, snapshots=hub.snapshots)
    assert again.tell() == []


def test_other_data_of_the_same_spec_are_ready_all_the_time(hub: Hub) -> None:
    hub.publish(0)
    hub.heard = Heard(0)
    hub.tell()
    for decision in (Decision(build={"a": "key"}), Decision(running=("a",))):
        hub.tell(decision)
        assert hub.ready() == "True Served"
    hub.publish(1)
    hub.tell()
    assert hub.ready() == "True Served"
    hub.heard = Heard(1)
    hub.tell()
    assert hub.ready() == "True Served"


def test_an_edit_is_ready_once_it_is_served(hub: Hub) -> None:
    hub.publish(0)
    hub.heard = Heard(0)
    hub.tell()
    old = hub.store.get("a")
    hub.store.replace(product("a", owner="me"), old.version)
    hub.tell(Decision(publish=("a",)))
    assert hub.ready() == "False Pending"
    hub.publish(1)
    assert [hub.tell() for _ in range(round(telling.WAY_SECONDS))] == [[]] * 5
    assert hub.ready() == "False Pending"
    assert hub.tell() == ["a"]
    assert hub.ready() == "False Behind"
    hub.heard = Heard(1)
    hub.tell()
    assert hub.ready() == "True Served"


def test_what_is_on_its_way_keeps_no_edit_waiting(hub: Hub) -> None:
    hub.publish(0)
    hub.heard = Heard(0)
    hub.tell()
    hub.publish(1)
    assert hub.tell() == []
    hub.store.replace(product("a", owner="me"), hub.store.get("a").version)
    assert hub.tell(Decision(publish=("a",))) == ["a"]
    assert hub.ready() == "False Pending"
    hub.publish(2)
    assert hub.tell() == []
    hub.heard = Heard(fault="nobody answers")
    assert hub.tell() == ["a"]
    assert hub.ready() == "Unknown ServiceUnreachable"


def test_the_service_may_know_a_snapshot_before_the_tick_does(hub: Hub) -> None:
    hub.heard = Heard(None)
    assert hub.tell(Decision(running=("a",))) == ["a"]
    hub.heard = Heard(0)
    assert hub.tell(Decision(running=("a",))) == []
    hub.publish()
    assert hub.tell() == ["a"]
    assert hub.ready() == "True Served"


def test_what_the_service_alone_knows_is_told_when_it_lasts(hub: Hub) -> None:
    hub.heard = Heard(None)
    hub.tell(Decision(running=("a",)))
    hub.heard = Heard(0)
    ticks = [hub.tell(Decision(running=("a",))) for _ in range(round(telling.WAY_SECONDS) + 2)]
    assert ticks == [[]] * 5 + [["a"], []]


def test_it_gets_old_without_a_write_before(hub: Hub) -> None:
    hub.store.create(product("b", maxStalenessSeconds=60))
    hub.publish()
    hub.now = hub.snapshots["b"].document.read_at
    assert hub.tell() == ["a", "b"]
    assert [hub.tell() for _ in range(59)] == [[]] * 59
    assert hub.tell() == ["b"]
    assert hub.ready("b") == "False Stale"
    assert hub.tell() == []


def test_what_could_not_be_told_is_told_later(hub: Hub) -> None:
    for number in range(30):
        hub.store.create(product(f"b-{number}"))
    hub.store.fault = "the store does not answer"
    assert hub.tell(Decision(broken=("a",))) == []
    told = {"the status could not be written: the store does not answer (PATCH a)"}
    assert set(hub.teller.faults.values()) == told
    assert hub.store.tries == telling.MOST_FAULTS
    hub.store.delete("a")
    hub.tell()
    assert set(hub.teller.faults.values()) == told
    hub.store.fault = ""
    assert len(hub.tell()) == 30
    assert hub.teller.faults == {}


def test_a_tick_has_no_time_for_all(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.store.create(product("b"))
    hub.publish()
    hub.tell()
    monkeypatch.setattr(telling, "MOST_SECONDS", 0.0)
    waits = Decision(suspended=("a", "b"))
    assert hub.tell(waits) == []
    monkeypatch.undo()
    assert hub.tell(waits) == ["a", "b"]


def test_a_failure_that_is_tried_again_is_written_once(hub: Hub) -> None:
    failure = Failure("RunLost", "it died")
    hub.tried = {"a": Tried(attempts=1, last_end=1.0, failure=failure, last_run="r")}
    assert hub.tell(Decision(later={"a": 6.0})) == ["a"]
    status = hub.store.status("a")
    assert status is not None
    assert (stalled := status.condition("Stalled"))
    assert (reconciling := status.condition("Reconciling"))
    assert (stalled.status, reconciling.status, reconciling.reason) == ("False", "True", "Retrying")
    hub.tried = {"a": replace(hub.tried["a"], in_flight=True)}
    hub.tell(Decision(running=("a",)))
    status = hub.store.status("a")
    assert status is not None
    assert (built := status.condition("Materialized"))
    assert built.reason == "RunLost"
    assert hub.tell(Decision(running=("a",))) == []


def test_the_log_is_told_once_while_it_lasts() -> None:
    said = Said()
    assert said.new("tick", ["a", "b"]) == ["a", "b"]
    assert said.new("tick", ["a"]) == []
    assert said.new("faults", ["a"]) == ["a"]
    assert said.new("tick", ["c", "a"]) == ["c"]
    assert said.new("tick", []) == []
    assert said.new("tick", ["a"]) == ["a"]
