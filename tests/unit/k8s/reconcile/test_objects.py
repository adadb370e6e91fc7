"""A tick: all parts, whatever becomes of some."""

import pytest

from dphub_k8s.cluster.errors import Unreachable
from dphub_k8s.reconcile.objects import Objects
from tests.kube import declared
from tests.kube.fake import faults
from tests.kube.fake.faults import EVERY, Fault
from tests.unit.k8s.reconcile.conftest import Hub
from tests.unit.k8s.reconcile.test_recorder import accepts

FAULTS = {
    "reset": faults.RESET,
    "lost": faults.LOST_ANSWER,
    "409": faults.CONFLICT,
    "429": faults.busy(None),
    "429, at once": faults.busy(0),
    "500": faults.BROKEN,
    "503": faults.NOT_READY,
    "403": faults.FORBIDDEN,
}


def test_a_tick_in_which_nothing_has_changed_asks_nothing(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    hub.fake.calls.clear()
    hub.tick(subjects)
    hub.tick(list(subjects))
    assert hub.fake.calls == []


def test_what_another_shard_looks_after_is_left_alone(hub: Hub) -> None:
    mine, other = hub.declare("orders"), hub.declare("outages")
    hub.tick([other])
    before = hub.parts()
    hub.restart()
    hub.objects.tick([mine], [accepts(mine)])
    assert len(hub.events()) == 1
    assert list(hub.ingresses()) == ["dp-orders", "dp-outages"]
    assert hub.parts() == before
    assert hub.objects.settled


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("restarted", [False, True])
def test_a_fault_between_any_two_calls_costs_time_only(
    hub: Hub, fault: Fault, restarted: bool
) -> None:
    subjects = [hub.declare("a"), hub.declare("b")]
    for skip in range(12):
        for each in ("dp-a", "dp-b"):
            if each in hub.ingresses():
                hub.client.call(
                    "DELETE", f"/apis/networking.k8s.io/v1/namespaces/hub/ingresses/{each}"
                )
        hub.restart()
        hub.fake.faults.plan(fault, skip=skip)
        report = hub.tick(subjects, [accepts(subjects[0], generation=skip)])
        hub.fake.faults.clear()
        assert len(report.lines) <= 1
        if restarted:
            hub.restart()
        hub.tick(subjects, after=10)
        assert hub.tick(subjects).faults == {}
        assert list(hub.ingresses()) == ["dp-a", "dp-b"]
        assert [sorted(part) for part in hub.parts().values()] == [["a", "b"]]


def test_while_the_server_is_away_a_tick_is_short_and_says_so(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.fake.stop()
    said = [line for _ in range(60) for line in hub.tick(subjects, [accepts()], after=1).lines]
    assert all("no answer" in line for line in said)
    assert len(said) == 3
    hub.fake.start()
    hub.tick(subjects, after=300)
    assert list(hub.ingresses()) == ["dp-orders"]
    assert len(hub.events()) == 1


def test_no_cluster_is_a_line(hub: Hub) -> None:
    def missing() -> None:
        raise Unreachable(0, "NoCluster", "no cluster in KUBECONFIG")

    objects = Objects(missing, declared.settings())  # type: ignore[arg-type]
    assert objects.tick([], every=[]).lines == ("dependents: no cluster in KUBECONFIG",)


def test_parts_fail_alone(hub: Hub) -> None:
    hub.fake.faults.plan(faults.FORBIDDEN, plural="configmaps", times=EVERY)
    report = hub.tick([hub.declare("orders")], [accepts()])
    assert [line.partition(":")[0] for line in report.lines] == ["export"]
    assert list(hub.ingresses()) == ["dp-orders"]
    assert len(hub.events()) == 1


def test_what_is_refused_is_told_of_every_product_that_wants_it(hub: Hub) -> None:
    subjects = [hub.declare("a"), hub.declare("b"), hub.declare("c", "elsewhere")]
    hub.fake.faults.plan(faults.FORBIDDEN, plural="ingresses", times=EVERY)
    report = hub.tick(subjects)
    assert list(report.faults) == [each.uid for each in subjects[:2]]
    assert all("403" in why for why in report.faults.values())
    hub.fake.faults.clear()
    assert hub.tick(subjects).faults == {}


def test_what_passes_by_itself_is_told_of_no_product(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    for fault in (faults.BROKEN, faults.NOT_READY, faults.RESET, faults.CONFLICT):
        hub.restart()
        hub.fake.faults.plan(fault, plural="ingresses", times=EVERY)
        assert hub.tick(subjects).faults == {}
        hub.fake.faults.clear()


def test_a_right_that_is_missing_is_said_again_once_it_was_there(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    said = []
    for generation in range(6):
        if generation in (0, 3):
            hub.fake.faults.plan(faults.FORBIDDEN, plural="events", times=EVERY)
        said.append(len(hub.tick(subjects, [accepts(generation=generation)]).lines))
        if generation in (1, 4):
            hub.fake.faults.clear()
    assert said == [1, 0, 0, 1, 0, 0]
