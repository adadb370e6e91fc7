"""The decision of a tick, from three levels."""

from dataclasses import replace

import pytest

from dphub_assets.decide import reconcile as decide
from dphub_assets.decide.reconcile import (
    Built,
    Decision,
    Failure,
    Loaded,
    Tried,
    Wanted,
    due_at,
    unsettled,
)

WANT = Wanted("u", 1, "s1", "d1", "l1", "a")
LOADED = {"a": Loaded("s1")}
BUILT = Built("u", "a", "d1", "l1")


def reconcile(
    wanted: dict[str, Wanted] | None = None,
    loaded: dict[str, Loaded] | None = None,
    built: dict[str, Built] | None = None,
    tried: dict[str, Tried] | None = None,
    now: float = 0,
    slots: int = 9,
) -> Decision:
    want = {"a": WANT} if wanted is None else wanted
    here = LOADED if loaded is None else loaded
    return decide.reconcile(want, here, built or {}, tried or {}, now, slots)


def test_a_new_product_is_accepted_and_loaded_first_and_built_in_a_later_tick() -> None:
    first = reconcile(loaded={})
    assert (first.accept, first.stale, first.build) == (("a",), ("a",), {})
    second = reconcile(built={"a": Built("u", "a")})
    assert (second.accept, second.stale, second.build) == ((), (), {"a": "u:1:l1:0"})


def test_nothing_is_asked_while_a_run_is_under_way() -> None:
    decision = reconcile(tried={"a": Tried(in_flight=True)})
    assert (decision.build, decision.running) == ({}, ("a",))


def test_a_failed_run_is_repeated_after_a_pause_under_another_key() -> None:
    past = {"a": Tried(attempts=2, last_end=100)}
    assert reconcile(tried=past, now=105).later == {"a": 110}
    assert reconcile(tried=past, now=110).build == {"a": "u:1:l1:2"}


def test_a_failure_that_may_pass_is_tried_again() -> None:
    past = {"a": Tried(attempts=1, last_end=100, failure=Failure("EngineFailed", "memory"))}
    assert reconcile(tried=past, now=105).build == {"a": "u:1:l1:1"}


def test_a_failure_that_the_same_spec_would_repeat_waits_for_an_edit() -> None:
    final = {"a": Tried(attempts=1, failure=Failure("UnknownColumn", "no x", final=True))}
    decision = reconcile(tried=final, now=1e9)
    assert (decision.failed, decision.build, decision.later) == (("a",), {}, {})


@pytest.mark.parametrize(("attempts", "pause"), [(0, 0), (1, 5), (2, 10), (8, 600), (999, 600)])
def test_pauses_grow_up_to_ten_minutes(attempts: int, pause: float) -> None:
    assert due_at(Tried(attempts=attempts, last_end=0), now=1) == pause


def test_a_clock_set_back_postpones_no_attempt() -> None:
    past = Tried(attempts=2, last_end=9_000)
    assert due_at(past, now=8_995) == 9_010
    assert due_at(past, now=1_800) == 1_800


def test_built_as_declared_needs_nothing() -> None:
    assert reconcile(built={"a": BUILT}) == Decision()
    assert unsettled({"a": WANT}, {"a": BUILT}) == set()


def test_documentation_is_published_without_a_run_and_without_waiting_for_the_reload() -> None:
    old = Built("u", "a", "d0", "l1")
    decision = reconcile(loaded={"a": Loaded("s0")}, built={"a": old})
    assert (decision.publish, decision.stale, decision.build) == (("a",), ("a",), {})
    busy = reconcile(built={"a": old}, tried={"a": Tried(in_flight=True)})
    assert busy.publish == ()


def test_deleted_and_created_again_is_another_product() -> None:
    decision = reconcile(built={"a": Built("old", "a", "d1", "l1")})
    assert (decision.retire, decision.accept) == (("a",), ("a",))
    assert decision.build == {"a": "u:1:l1:0"}


def test_what_left_is_unloaded_and_retired() -> None:
    decision = reconcile(wanted={}, built={"a": BUILT})
    assert (decision.stale, decision.retire) == (("a",), ("a",))


def test_a_refused_product_keeps_what_is_served_and_is_not_built() -> None:
    refused = {"a": Wanted("u", 2, "s1", "v2", "", refused=True)}
    decision = reconcile(refused, built={"a": BUILT})
    assert decision == Decision(broken=("a",))


def test_a_missing_source_is_waited_for() -> None:
    waiting = {"a": Wanted("u", 1, "s1", "d1", "l1", "a", waiting=("data/x.csv",))}
    assert reconcile(waiting, built={"a": Built("u", "a")}).waiting == {"a": ("data/x.csv",)}


def test_a_route_changes_before_the_first_snapshot() -> None:
    assert reconcile(built={"a": Built("u", "old")}).accept == ("a",)
    assert reconcile(built={"a": Built("u", "old", "d1", "l1")}).accept == ()


def test_no_more_runs_than_slots() -> None:
    names = "abcd"
    decision = reconcile(
        dict.fromkeys(names, WANT),
        dict.fromkeys(names, Loaded("s1")),
        dict.fromkeys(names, Built("u", "a")),
        {"a": Tried(in_flight=True)},
        slots=3,
    )
    assert (decision.running, [*decision.build]) == (("a",), ["b", "c"])
    assert decision.queued == ("d",)


def test_what_is_suspended_is_not_built_and_what_runs_ends() -> None:
    suspended = {"a": replace(WANT, suspended=True)}
    old = {"a": Built("u", "a", "d1", "l0")}
    assert reconcile(suspended, built=old) == Decision(suspended=("a",))
    assert reconcile(suspended, built=old, tried={"a": Tried(in_flight=True)}).running == ("a",)
    assert reconcile(suspended, built={"a": BUILT}) == Decision()
    assert reconcile(built=old).build == {"a": "u:1:l1:0"}


def test_a_suspension_is_published_without_a_run() -> None:
    suspended = {"a": replace(WANT, suspended=True, digest="d2")}
    assert reconcile(suspended, built={"a": BUILT}).publish == ("a",)


def test_what_reads_a_suspended_product_does_not_wait_for_it() -> None:
    wanted = {"a": replace(WANT, suspended=True), "b": replace(WANT, reads={"x": "a"})}
    loaded = {"a": Loaded("s1"), "b": Loaded("s1")}
    built = {"a": Built("u", "a", "d1", "l0", "v"), "b": Built("u", "b", "d1", "l0")}
    decision = reconcile(wanted, loaded, built)
    assert (decision.suspended, [*decision.build], decision.held) == (("a",), ["b"], {})


def many(count: int, tried: dict[str, Tried] | None = None, slots: int = 2) -> Decision:
    wanted = {f"p{number:03}": replace(WANT, route=str(number)) for number in range(count)}
    return reconcile(wanted, dict.fromkeys(wanted, Loaded("s1")), tried=tried, now=9, slots=slots)


def test_a_few_products_have_a_run_each() -> None:
    decision = many(decide.MANY)
    assert decision.runs == (("p000",), ("p001",))
    assert len(decision.queued) == decide.MANY - 2


def test_of_many_products_several_share_a_run() -> None:
    decision = many(100)
    assert [len(names) for names in decision.runs] == [decide.BATCH, decide.BATCH]
    assert list(decision.build) == [name for names in decision.runs for name in names]
    assert len(decision.queued) == 100 - 2 * decide.BATCH
    assert [len(names) for names in many(24, slots=4).runs] == [6, 6, 6, 6]


def test_a_run_of_several_products_takes_one_slot() -> None:
    running = {f"p{number:03}": Tried(in_flight=True, run="r") for number in range(8)}
    assert len(many(100, running).runs) == 1
    assert many(100, running, slots=1).runs == ()


def test_what_a_run_of_several_has_published_is_built_while_the_run_goes_on() -> None:
    running = {name: Tried(in_flight=True, run="r") for name in ("a", "b")}
    wanted, loaded = dict.fromkeys("ab", WANT), dict.fromkeys("ab", Loaded("s1"))
    decision = reconcile(wanted, loaded, {"a": BUILT}, running)
    assert decision.running == ("b",)
    assert (decision.build, decision.queued, decision.publish) == ({}, (), ())


def test_what_has_failed_before_is_built_alone_behind_the_others() -> None:
    decision = many(22, {"p000": Tried(attempts=1)}, slots=9)
    assert decision.runs[-1] == ("p000",)
    assert {len(names) for names in decision.runs[:-1]} == {3}


def test_an_edit_of_one_product_is_built_alone_before_many_others() -> None:
    wanted = {f"p{number:03}": WANT for number in range(100)}
    wanted["p050"] = replace(WANT, shape="new")
    built = {"p050": Built("u", "a", "d1", "l0", shape="old")}
    loaded = dict.fromkeys(wanted, Loaded("s1"))
    decision = reconcile(wanted, loaded, built, slots=2)
    assert decision.runs[0] == ("p050",)
    assert len(decision.runs[1]) == decide.BATCH
    failed = {"p050": Tried(attempts=1)}
    decision = reconcile(wanted, loaded, built, failed, now=9, slots=60)
    assert decision.runs[-1] == ("p050",)


def test_edits_of_many_products_share_runs_as_well() -> None:
    wanted = {f"p{number:03}": replace(WANT, shape="new") for number in range(100)}
    built = {name: Built("u", name, "d1", "l0", shape="old") for name in wanted}
    decision = reconcile(wanted, dict.fromkeys(wanted, Loaded("s1")), built, slots=2)
    assert [len(names) for names in decision.runs] == [decide.BATCH, decide.BATCH]
