"""What products own in a cluster."""

from dphub_k8s.cluster.client import MERGE_PATCH, Client
from dphub_k8s.reconcile.budget import LOOK_SECONDS
from dphub_k8s.reconcile.objects import CALLS
from tests.kube import declared
from tests.kube.fake import faults
from tests.kube.fake.faults import EVERY
from tests.kube.fake.rights import Forbidden
from tests.unit.k8s.reconcile.conftest import INGRESSES, Hub, version

PATH = INGRESSES.path("hub", "dp-orders")
NONE = declared.settings(exposure=None)


def edit(client: Client, path: str, **metadata_or_spec: object) -> None:
    client.call("PATCH", path, {"fieldManager": "editor"}, metadata_or_spec, MERGE_PATCH)


def test_a_product_gets_its_ingress_and_keeps_it_as_it_is(hub: Hub) -> None:
    subjects = [hub.declare("orders"), hub.declare("outages", "elsewhere")]
    assert hub.tick(subjects).lines == ()
    made = hub.ingresses()
    assert list(made) == ["dp-orders"]
    assert hub.ingresses("elsewhere") == {}
    hub.writes()
    hub.tick(list(subjects), after=LOOK_SECONDS)
    hub.restart()
    hub.tick(subjects)
    assert hub.ingresses() == made
    assert [each for each in hub.writes() if "ingresses" in each] == []


def test_an_edit_moves_the_path(hub: Hub) -> None:
    hub.tick([hub.declare("orders")])
    hub.tick([hub.declare("orders", api={"path": "/sales"})])
    (rule,) = hub.ingresses()["dp-orders"]["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/odata/sales"


def test_what_others_change_is_put_right_within_ten_minutes(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    before = hub.ingresses()["dp-orders"]
    edit(hub.client, PATH, spec={"rules": []})
    hub.tick(subjects, after=600)
    assert hub.ingresses()["dp-orders"]["spec"] == before["spec"]
    hub.client.call("DELETE", PATH)
    hub.tick(subjects, after=600)
    assert hub.ingresses()["dp-orders"]["spec"] == before["spec"]


def test_marks_that_others_take_off_are_put_on_again(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    before = hub.ingresses()["dp-orders"]["metadata"]
    edit(hub.client, PATH, metadata={"labels": None})
    hub.tick(subjects, after=600)
    assert hub.ingresses()["dp-orders"]["metadata"]["labels"] == before["labels"]
    edit(hub.client, PATH, metadata={"ownerReferences": None})
    hub.tick(subjects, after=600)
    assert hub.ingresses()["dp-orders"]["metadata"]["ownerReferences"] == before["ownerReferences"]


def test_what_others_add_stays(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    edit(hub.client, PATH, metadata={"annotations": {"theirs": "1"}})
    before = version(hub.ingresses()["dp-orders"])
    hub.tick(subjects, after=600)
    assert version(hub.ingresses()["dp-orders"]) == before


def test_it_is_taken_away_when_nothing_is_exposed_any_more(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.tick(subjects)
    hub.restart(NONE)
    hub.tick(subjects)
    assert hub.ingresses() == {}


def test_deletion_needs_no_hub(hub: Hub) -> None:
    subject = hub.declare("orders")
    hub.tick([subject])
    hub.delete(subject)
    assert hub.ingresses() == {}
    assert hub.tick([]).lines == ()


def test_what_products_of_others_own_stays(hub: Hub) -> None:
    """Another shard has them, or nobody, and then they are garbage."""
    mine, theirs = hub.declare("orders"), hub.declare("outages")
    hub.tick([mine, theirs])
    hub.restart(NONE)
    hub.tick([mine])
    assert list(hub.ingresses()) == ["dp-outages"]


def test_what_a_refused_or_a_suspended_product_has_stays_as_it_is(hub: Hub) -> None:
    subject = hub.declare("orders")
    hub.tick([subject])
    before = hub.ingresses()
    for other in (
        declared.refused(subject),
        hub.declare("orders", suspend=True, api={"path": "/sales"}),
    ):
        hub.tick([other])
        hub.restart(NONE)
        hub.tick([other])
        assert hub.ingresses() == before
        hub.restart(declared.settings())


def test_nothing_is_taken_over_from_others(hub: Hub) -> None:
    foreign = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "dp-orders", "namespace": "hub"},
        "spec": {"rules": []},
    }
    hub.client.call("POST", INGRESSES.path("hub"), body=foreign)
    subjects = [hub.declare("orders"), hub.declare("outages")]
    report = hub.tick(subjects)
    assert report.lines == (
        "hub/orders: Ingress hub/dp-orders is there and was not made by the hub: delete it",
    )
    assert list(report.faults) == [subjects[0].uid]
    assert hub.ingresses()["dp-orders"]["spec"] == {"rules": []}
    assert "dp-outages" in hub.ingresses()
    hub.client.call("DELETE", PATH)
    assert hub.tick(subjects).faults == {}
    assert hub.ingresses()["dp-orders"]["spec"]["rules"] != []


def test_a_product_that_is_created_again_waits_until_the_old_ingress_is_gone(hub: Hub) -> None:
    first = hub.declare("orders")
    hub.tick([first])
    document = hub.ingresses()["dp-orders"]
    hub.delete(first)
    second = hub.declare("orders")
    left = {"name": "dp-orders", "labels": document["metadata"]["labels"]}
    manifest = {
        **document,
        "metadata": left,
        "kind": "Ingress",
        "apiVersion": "networking.k8s.io/v1",
    }
    hub.client.call("POST", INGRESSES.path("hub"), body=manifest)
    assert f"belongs to {first.uid}" in hub.tick([second]).lines[0]
    hub.client.call("DELETE", PATH)
    assert hub.tick([second]).faults == {}
    (owner,) = hub.ingresses()["dp-orders"]["metadata"]["ownerReferences"]
    assert owner["uid"] == second.uid


# faults


def test_one_product_that_is_refused_does_not_stop_the_others(hub: Hub) -> None:
    subjects = [hub.declare(name) for name in ("a", "b", "c")]
    hub.fake.faults.plan(faults.BROKEN, verb="patch", plural="ingresses")
    report = hub.tick(subjects)
    assert list(hub.ingresses()) == ["dp-b", "dp-c"]
    assert "500" in report.lines[0]
    report = hub.tick(subjects)
    assert list(hub.ingresses()) == ["dp-a", "dp-b", "dp-c"]
    assert (report.lines, report.faults) == ((), {})


def test_what_does_not_pass_is_told_of_the_product(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.fake.faults.plan(faults.BROKEN, verb="patch", plural="ingresses", times=EVERY)
    told = [bool(hub.tick(subjects, after=60).faults) for _ in range(4)]
    assert told == [False, False, True, True]


def test_it_is_tried_less_and_less_often(hub: Hub) -> None:
    subjects = [hub.declare("orders")]
    hub.fake.faults.plan(faults.FORBIDDEN, verb="patch", plural="ingresses", times=EVERY)
    hub.tick(subjects)
    hub.writes()
    tried = []
    for second in range(100):
        hub.tick(subjects, after=1)
        tried += [second for each in hub.writes() if each == "patch ingresses"]
    gaps = [after - before for before, after in zip([-1, *tried], tried, strict=False)]
    assert gaps == [2, 4, 8, 16, 32]


def test_rights_taken_away_are_one_line(hub: Hub) -> None:
    subjects = [hub.declare(f"p{number}") for number in range(10)]
    forbidden = Forbidden(verb="patch", plural="ingresses")
    hub.fake.forbidden.append(forbidden)
    report = hub.tick(subjects)
    (line,) = report.lines
    assert "403 Forbidden" in line
    assert line.endswith("(and 9 other products)")
    assert len(report.faults) == 10
    hub.fake.forbidden.remove(forbidden)
    hub.tick(subjects)
    assert len(hub.ingresses()) == 10


def test_rights_to_look_taken_away_are_one_line_and_no_product_is_touched(hub: Hub) -> None:
    subjects = [hub.declare(f"p{number}") for number in range(10)]
    forbidden = Forbidden(verb="list", plural="ingresses")
    hub.fake.forbidden.append(forbidden)
    (line,) = hub.tick(subjects).lines
    assert line.startswith("dependents: GET")
    hub.fake.forbidden.remove(forbidden)
    assert hub.ingresses() == {}
    hub.tick(subjects)
    assert len(hub.ingresses()) == 10


def test_a_tick_does_its_share_and_no_more(hub: Hub) -> None:
    subjects = [hub.declare(f"p{number:03}") for number in range(60)]
    hub.writes()
    hub.tick(subjects)
    assert hub.writes().count("patch ingresses") == CALLS // 2  # each is looked for, then made
    while len(hub.ingresses()) < 60:
        hub.tick(subjects)
    assert hub.tick(subjects).lines == ()


def test_a_silent_server_costs_a_tick_no_more_than_its_seconds(hub: Hub) -> None:
    """Real seconds: the budget is one, which a call may use up."""
    subjects = [hub.declare("a"), hub.declare("b")]
    hub.fake.faults.plan(faults.silent(60), verb="patch", plural="ingresses")
    report = hub.objects.tick(subjects, seconds=1)
    assert "no answer" in report.lines[0]
    hub.tick(subjects)
    assert list(hub.ingresses()) == ["dp-a", "dp-b"]
