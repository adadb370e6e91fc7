"""Events beside products."""

from datetime import UTC, datetime, timedelta

from dphub_k8s.api.status import Condition, Status
from dphub_k8s.reconcile.budget import Budget
from dphub_k8s.reconcile.recorder import (
    EVENTS,
    LIFETIME,
    REPEAT_SECONDS,
    WAITING,
    Recorder,
    Transition,
)
from dphub_k8s.reconcile.subject import Subject
from tests.kube import declared
from tests.kube.fake import faults
from tests.kube.fake.rights import Forbidden
from tests.unit.k8s.reconcile.conftest import Hub

ORDERS = declared.subject("orders")


def accepted(generation: int = 1) -> Status:
    return Status(
        observedGeneration=generation,
        conditions=(Condition(type="Accepted", status="True", reason="Accepted"),),
    )


def refused(message: str) -> Status:
    condition = Condition(type="Accepted", status="False", reason="NoType", message=message)
    return Status(observedGeneration=1, conditions=(condition,))


def accepts(subject: Subject = ORDERS, generation: int = 1) -> Transition:
    return Transition(subject, None, accepted(generation))


def refuses(message: str) -> Transition:
    return Transition(ORDERS, None, refused(message))


def seen(hub: Hub, namespace: str = "hub") -> list[tuple[str, int, str]]:
    return [(each["reason"], each["count"], each["message"]) for each in hub.events(namespace)]


def test_an_event_is_where_kubectl_describe_looks_for_it(hub: Hub) -> None:
    subject = hub.declare("outages", "elsewhere")
    hub.tick(None, [accepts(subject)])
    (event,) = hub.events("elsewhere")
    assert event["involvedObject"] == {
        "apiVersion": "openness.ecostruxure.se.app/v1alpha1",
        "kind": "DataProduct",
        "name": "outages",
        "namespace": "elsewhere",
        "uid": subject.uid,
    }
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "Accepted", 1)
    assert event["source"] == {"component": "dphub"}
    assert event["firstTimestamp"] == event["lastTimestamp"]


def test_what_is_repeated_is_one_event_with_a_count(hub: Hub) -> None:
    hub.tick(None, [refuses("one")])
    hub.tick(None, [refuses("two")], after=REPEAT_SECONDS)
    hub.tick(None, [refuses("three"), refuses("four")], after=REPEAT_SECONDS)
    assert seen(hub) == [("Refused", 4, "NoType: four")]


def test_it_is_written_no_more_often_than_every_ten_seconds(hub: Hub) -> None:
    for _ in range(100):
        hub.tick(None, [refuses("again")], after=0.5)
    assert 5 <= len(hub.writes()) <= 6
    hub.tick(None, after=REPEAT_SECONDS)
    assert seen(hub) == [("Refused", 100, "NoType: again")]


def test_another_declaration_has_events_of_its_own(hub: Hub) -> None:
    hub.tick(None, [accepts(), accepts(generation=2)])
    assert len(seen(hub)) == 2


def test_one_that_has_expired_is_written_anew(hub: Hub) -> None:
    hub.tick(None, [refuses("one")])
    (event,) = hub.events()
    hub.client.call("DELETE", EVENTS.path("hub", event["metadata"]["name"]))
    hub.tick(None, [refuses("two")], after=REPEAT_SECONDS)
    assert seen(hub) == [("Refused", 2, "NoType: two")]


def test_a_long_message_is_cut(hub: Hub) -> None:
    hub.tick(None, [refuses("x" * 5_000)])
    ((_, _, message),) = seen(hub)
    assert (len(message), message[-1]) == (1_000, "…")


def test_an_answer_that_is_lost_makes_no_second_event(hub: Hub) -> None:
    hub.fake.faults.plan(faults.LOST_ANSWER, plural="events")
    assert "events: POST" in hub.tick(None, [refuses("one")]).lines[0]
    assert hub.tick(None).lines == ()
    assert seen(hub) == [("Refused", 1, "NoType: one")]


def test_while_the_server_is_busy_events_wait(hub: Hub) -> None:
    hub.fake.faults.plan(faults.busy(None), plural="events")
    hub.tick(None, [refuses("one")])
    assert seen(hub) == []
    hub.tick(None)
    assert seen(hub) == [("Refused", 1, "NoType: one")]


def test_what_may_not_be_written_is_one_line_and_given_up(hub: Hub) -> None:
    forbidden = Forbidden(verb="create", plural="events")
    hub.fake.forbidden.append(forbidden)
    many = [accepts(declared.subject(f"p{each}", f"u-{each}")) for each in range(10)]
    (line,) = hub.tick(None, many).lines
    assert line.startswith("hub/p0: POST /api/v1/namespaces/hub/events: 403 Forbidden")
    assert line.endswith("(and 9 other products)")
    hub.fake.forbidden.remove(forbidden)
    hub.tick(None, [accepts()])
    assert [each["involvedObject"]["name"] for each in hub.events()] == ["orders"]


def test_events_of_a_namespace_that_is_gone_hurt_nobody(hub: Hub) -> None:
    lost = declared.subject("lost", "u-lost", "nowhere")
    assert "404" in hub.tick(None, [accepts(lost), accepts()]).lines[0]
    assert len(seen(hub)) == 1


def test_no_more_wait_than_there_is_room_for(hub: Hub) -> None:
    many = [accepts(declared.subject("p", f"u-{each}")) for each in range(WAITING + 5)]
    report = hub.tick(None, many)
    assert report.lines == ("events: 5 were given up, the oldest of those that wait",)
    for _ in range(WAITING // 50):
        hub.tick(None)
    assert len(hub.events()) == WAITING


def test_those_of_an_hour_ago_are_forgotten(hub: Hub) -> None:
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]
    recorder = Recorder("g/v1", now=lambda: moment[0])
    for _ in range(2):
        recorder.take([refuses("one")])
        recorder.settle(hub.client, Budget(10, float("inf")))
        moment[0] += LIFETIME + timedelta(seconds=1)
    assert seen(hub) == [("Refused", 1, "NoType: one")] * 2
