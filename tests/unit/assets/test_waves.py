"""What holds a product that reads others, and what does not."""

import pytest

from dphub_assets.decide.reconcile import (
    Built,
    Decision,
    Failure,
    Loaded,
    Tried,
    Wanted,
    reconcile,
    resolved,
)

A = Wanted("u", 1, "s", "d", "a2", "a")
B = Wanted("u", 1, "s", "d", "b", "b", reads={"up": "a"})
OLD = Built("u", "a", "d", "a1", "data 1")
NEW = Built("u", "a", "d", "a2", "data 2")
FINAL = Failure("CastFailed", "no", final=True)


def decide(
    wanted: dict[str, Wanted],
    built: dict[str, Built],
    tried: dict[str, Tried] | None = None,
    now: float = 100,
) -> Decision:
    levels = resolved(wanted, built)
    return reconcile(levels, dict.fromkeys(wanted, Loaded("s")), built, tried or {}, now, 9)


def test_what_reads_a_product_that_is_built_waits_for_it() -> None:
    decision = decide({"b": B, "a": A}, {"a": OLD})
    assert ([*decision.build], decision.held) == (["a"], {"b": ("a",)})
    running = decide({"b": B, "a": A}, {"a": OLD}, {"a": Tried(in_flight=True)})
    assert (running.build, running.held) == ({}, {"b": ("a",)})
    assert [*decide({"b": B, "a": A}, {"a": NEW}).build] == ["b"]


def test_a_product_is_held_from_two_steps_away() -> None:
    level = resolved({"b": B, "a": A}, {"a": OLD})["b"].level
    at_level = Built("u", "b", "d", level, "data b")
    c = Wanted("u", 1, "s", "d", "c", "c", reads={"b": "b"})
    decision = decide({"c": c, "b": B, "a": A}, {"a": OLD, "b": at_level})
    assert ([*decision.build], decision.held) == (["a"], {"c": ("b",)})


@pytest.mark.parametrize(
    "past",
    [
        Tried(attempts=1, last_end=99, failure=FINAL),
        Tried(attempts=9, last_end=99, failure=Failure("EngineFailed", "memory")),
    ],
)
def test_a_product_that_fails_holds_nobody(past: Tried) -> None:
    assert [*decide({"b": B, "a": A}, {"a": OLD}, {"a": past}).build] == ["b"]


def test_what_has_failed_holds_others_as_soon_as_its_own_sources_move() -> None:
    c = Wanted("u", 1, "s", "d", "c", "c", reads={"b": "b"})
    past = {"b": Tried(attempts=1, last_end=99, failure=FINAL)}
    decision = decide({"c": c, "b": B, "a": A}, {"a": OLD}, past)
    assert (decision.failed, decision.held) == (("b",), {"c": ("b",)})


def test_other_data_of_what_is_read_are_another_level() -> None:
    levels = {resolved({"b": B, "a": A}, {"a": each})["b"].level for each in (OLD, NEW)}
    assert len(levels) == 2


def test_a_refused_product_and_one_without_its_source_hold_nobody() -> None:
    refused = Wanted("u", 2, "s", "d", "", refused=True)
    waits = Wanted("u", 2, "s", "d", "a2", "a", waiting=("x.parquet",))
    for a in (refused, waits):
        assert [*decide({"b": B, "a": a}, {"a": OLD}).build] == ["b"]


def test_a_run_that_ended_after_the_lake_was_looked_at_still_holds() -> None:
    past = {"a": Tried(attempts=1, last_end=99)}
    assert decide({"b": B, "a": A}, {"a": OLD}, past).held == {"b": ("a",)}


@pytest.mark.parametrize("built", [{}, {"a": Built("u", "a")}, {"a": OLD}])
def test_a_product_that_is_not_there_is_waited_for(built: dict[str, Built]) -> None:
    """Not declared, whatever the lake still has of it."""
    assert decide({"b": B}, built).waiting == {"b": ("product a",)}


def test_a_product_created_again_has_published_nothing() -> None:
    decision = decide({"b": B, "a": A}, {"a": Built("before", "a", "d", "a2", "data")})
    assert ([*decision.build], decision.held) == (["a"], {"b": ("a",)})


def test_what_one_had_published_who_had_the_name_before_is_not_read() -> None:
    former = {"a": Built("before", "a", "d", "a1", "data")}
    past = {"a": Tried(attempts=9, last_end=99, failure=Failure("EngineFailed", "memory"))}
    assert decide({"b": B, "a": A}, former, past).waiting == {"b": ("product a",)}


def test_new_documentation_of_what_is_read_builds_nothing() -> None:
    b = resolved({"b": B, "a": A}, {"a": NEW})["b"].level
    built = {"a": Built("u", "a", "other", "a2", "data 2"), "b": Built("u", "b", "d", b, "x")}
    assert decide({"b": B, "a": A}, built) == Decision(publish=("a",))


def test_what_another_shard_builds_holds_and_is_left_alone() -> None:
    """Even where it is not loaded here, and with one slot alone."""
    levels = resolved({"b": B, "a": A}, {"a": OLD})
    loaded = {"b": Loaded("s")}
    first = reconcile(levels, loaded, {"a": OLD}, {}, 100, 1, others={"a"})
    assert first == Decision(held={"b": ("a",)}, accept=("b",))
    levels = resolved({"b": B, "a": A}, {"a": NEW})
    busy = {"a": Tried(in_flight=True)}
    assert [*reconcile(levels, loaded, {"a": NEW}, {}, 100, 1, others={"a"}).build] == ["b"]
    assert reconcile(levels, loaded, {"a": NEW}, busy, 100, 1, others={"a"}).running == ()


def test_what_another_shard_builds_takes_no_slot_here() -> None:
    wanted, loaded = {"a": A, "c": A}, {"c": Loaded("s")}
    busy = {"a": Tried(in_flight=True)}
    assert [*reconcile(wanted, loaded, {}, busy, 100, 1, others={"a"}).build] == ["c"]


def test_what_another_shard_waits_for_holds_nobody_here() -> None:
    waits = Wanted("u", 2, "s", "d", "a2", "a", waiting=("x.parquet",))
    levels = resolved({"b": B, "a": waits}, {"a": OLD})
    decision = reconcile(levels, {"b": Loaded("s")}, {"a": OLD}, {}, 100, 1, others={"a"})
    assert [*decision.build] == ["b"]
