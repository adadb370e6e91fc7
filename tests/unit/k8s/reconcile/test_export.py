"""The accepted specs, in ConfigMaps."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dphub_k8s.cluster.client import MERGE_PATCH
from dphub_k8s.reconcile import export
from dphub_k8s.reconcile.export import CONFIG_MAPS, NAME
from dphub_k8s.reconcile.parts import LIMIT
from dphub_k8s.reconcile.subject import Subject
from tests.kube import declared
from tests.kube.fake import faults
from tests.unit.k8s.reconcile.conftest import Hub

PATH = CONFIG_MAPS.path("hub", NAME)
LONG = "x" * (LIMIT // 3 - 500)


def subject(name: str, **said: Any) -> Subject:
    return declared.subject(name, f"u-{name}", **said)


def long(name: str, text: str = LONG) -> Subject:
    return declared.long(name, f"u-{name}", text)


def names(hub: Hub) -> dict[str, list[str]]:
    return {name: sorted(part) for name, part in hub.parts().items()}


def test_every_accepted_product_has_a_key_with_its_spec(hub: Hub) -> None:
    subjects = [subject("orders"), subject("outages", description="Größe")]
    hub.tick([*subjects, declared.refused(subject("refused"))])
    part = hub.parts()[NAME]
    for each in subjects:
        assert each.product
        assert json.loads(part[each.name]) == each.product.document()["spec"]
    assert sorted(part) == ["orders", "outages"]


def test_it_is_there_without_products(hub: Hub) -> None:
    hub.tick([])
    assert hub.parts() == {NAME: {}}


def test_it_is_nobodys(hub: Hub) -> None:
    hub.tick([subject("orders")])
    assert "ownerReferences" not in hub.client.call("GET", PATH)["metadata"]


def test_nothing_is_written_when_nothing_changes(hub: Hub) -> None:
    subjects = [subject("orders")]
    hub.tick(subjects)
    hub.writes()
    hub.tick(subjects, after=600)
    hub.restart()
    hub.tick(subjects)
    assert [each for each in hub.writes() if "configmaps" in each] == []


def test_a_key_leaves_with_its_product(hub: Hub) -> None:
    hub.tick([subject("orders"), subject("outages")])
    hub.tick([subject("outages")])
    assert names(hub) == {NAME: ["outages"]}
    hub.restart()
    hub.tick([])
    assert names(hub) == {NAME: []}


def test_a_refused_product_keeps_the_spec_that_was_accepted(hub: Hub) -> None:
    accepted = subject("orders")
    hub.tick([accepted])
    before = hub.parts()
    hub.tick([declared.refused(accepted)])
    hub.restart()
    hub.tick([declared.refused(accepted)])
    assert hub.parts() == before


def test_a_product_refused_for_its_name_takes_nothing_from_the_other(hub: Hub) -> None:
    winner = subject("orders")
    loser = Subject("orders", "elsewhere", "u-2", None)
    for subjects in ([winner, loser], [loser, winner]):
        hub.restart()
        hub.tick(subjects)
        assert winner.product
        assert json.loads(hub.parts()[NAME]["orders"]) == winner.product.document()["spec"]


def test_what_does_not_fit_goes_into_parts(hub: Hub) -> None:
    subjects = [long(name) for name in "abcdefg"]
    hub.tick(subjects)
    assert names(hub) == {
        NAME: ["a", "b", "c"],
        f"{NAME}-1": ["d", "e", "f"],
        f"{NAME}-2": ["g"],
    }
    hub.writes()
    hub.tick([each if each.name != "e" else subject("e") for each in subjects])
    assert hub.writes() == ["patch configmaps"]
    hub.restart()
    hub.tick([each for each in subjects if each.name not in "dg"])
    assert names(hub) == {NAME: ["a", "b", "c"], f"{NAME}-1": ["e", "f"]}


def test_a_spec_that_fits_nowhere_is_said_once(hub: Hub) -> None:
    large = long("large", "x" * LIMIT)
    report = hub.tick([large, subject("orders")])
    (line,) = report.lines
    assert line.startswith("hub/large: a spec of 921")
    assert names(hub) == {NAME: ["orders"]}
    assert hub.tick([large]).lines == ()
    hub.tick([replace(large, product=subject("large").product)])
    assert names(hub) == {NAME: ["large"]}


def test_what_others_change_is_put_right(hub: Hub) -> None:
    subjects = [subject("orders")]
    hub.tick(subjects)
    before = hub.parts()
    query = {"fieldManager": "editor"}
    hub.client.call("PATCH", PATH, query, {"data": {"orders": "mine"}}, MERGE_PATCH)
    hub.tick(subjects, after=600)
    assert hub.parts() == before
    hub.client.call("DELETE", PATH)
    hub.tick(subjects, after=600)
    assert hub.parts() == before


def test_many_changes_are_few_writes(hub: Hub) -> None:
    hub.tick([])
    hub.writes()
    for number in range(20):
        hub.tick([subject(f"p{each}") for each in range(number + 1)], after=0.1)
    assert hub.writes().count("patch configmaps") <= 1
    hub.tick([subject(f"p{each}") for each in range(20)], after=export.PAUSE_SECONDS)
    assert len(hub.parts()[NAME]) == 20


@pytest.mark.parametrize("fault", [faults.RESET, faults.LOST_ANSWER])
@pytest.mark.parametrize("calls", range(4))
def test_a_hub_that_dies_between_two_calls_leaves_no_product_out(
    hub: Hub, fault: faults.Fault, calls: int
) -> None:
    hub.tick([long(name) for name in "abcd"])
    wanted = [
        *(long(name, f"{LONG}y") for name in "bcd"),
        long("a", LONG * 2),
    ]
    hub.restart()
    hub.fake.faults.plan(fault, plural="configmaps", skip=calls)
    hub.tick(wanted)
    hub.fake.faults.clear()
    assert {"b", "c", "d"} <= {name for part in hub.parts().values() for name in part}
    hub.restart()
    hub.tick(wanted)
    found = [name for part in hub.parts().values() for name in part]
    assert sorted(found) == ["a", "b", "c", "d"]
    texts = {name: text for part in hub.parts().values() for name, text in part.items()}
    for each in wanted:
        assert each.product
        assert json.loads(texts[each.name]) == each.product.document()["spec"]
