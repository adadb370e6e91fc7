"""Between the moments of a schedule sources count as what they were."""

from datetime import UTC, datetime, timedelta

from dphub_assets.decide.reconcile import Built, Wanted
from dphub_assets.decide.schedule import Schedule, applied
from dphub_k8s.api.refresh import Refresh

SIX = datetime(2026, 5, 4, 6, tzinfo=UTC)
NEW = Wanted("u", 1, "s", "d", "new", shape="x")
OLD = Built("u", "a", "d", "old", shape="x")
DAILY = Refresh(cron="0 6 * * *")
HOUR = timedelta(hours=1)


def at(
    now: datetime, compared: datetime, want: Wanted = NEW, have: Built = OLD
) -> tuple[str, datetime]:
    """The level that is wanted, and when the sources count as compared."""
    wanted, schedules = applied({"a": want}, {"a": have}, {"a": Schedule(DAILY, compared)}, now)
    return wanted["a"].level, schedules["a"].compared


def test_changed_sources_wait_for_the_next_moment() -> None:
    assert at(SIX - HOUR, compared=SIX - 2 * HOUR) == ("old", SIX - 2 * HOUR)
    assert at(SIX, compared=SIX - 2 * HOUR) == ("new", SIX - 2 * HOUR)


def test_a_missed_moment_is_made_up_for_however_late() -> None:
    late = SIX + timedelta(days=9, hours=3)
    assert at(late, compared=SIX - HOUR) == ("new", SIX - HOUR)


def test_missed_moments_are_made_up_for_once() -> None:
    late = SIX + timedelta(days=9, hours=3)
    assert at(late + HOUR, compared=late) == ("old", late)


def test_a_moment_that_finds_nothing_new_is_over() -> None:
    same = Built("u", "a", "d", "new", shape="x")
    assert at(SIX + HOUR, compared=SIX - HOUR, have=same) == ("new", SIX + HOUR)
    assert at(SIX - HOUR, compared=SIX - 2 * HOUR, have=same) == ("new", SIX - 2 * HOUR)


def test_a_change_of_the_declaration_does_not_wait() -> None:
    edited = Wanted("u", 2, "s", "d", "new", shape="y")
    assert at(SIX - HOUR, compared=SIX - 2 * HOUR, want=edited)[0] == "new"
    again = Wanted("v", 1, "s", "d", "new", shape="x")
    assert at(SIX - HOUR, compared=SIX - 2 * HOUR, want=again)[0] == "new"


def test_before_the_first_snapshot_nothing_waits() -> None:
    assert at(SIX - HOUR, compared=SIX - 2 * HOUR, have=Built("u", "a"))[0] == "new"
