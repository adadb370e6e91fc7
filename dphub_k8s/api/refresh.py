"""When changes of the sources are picked up."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import Field, StrictBool

from dphub_k8s.api.noun import Noun

FIELDS = 5


class Refresh(Noun):
    """At once (`onChange`), or at the moments of `cron` in `timezone`; exactly one of them."""

    on_change: StrictBool = Field(default=False, alias="onChange")
    """Changes of sources are built at once."""
    cron: str | None = Field(default=None, max_length=256)
    """Five fields; changes of sources wait for the next of these moments."""
    timezone: str = Field(default="UTC", max_length=64)
    """Of cron, such as Europe/Berlin (default: UTC)."""

    def next(self, after: datetime) -> datetime | None:
        """The schedule's first moment after another; None without a schedule."""
        return next_moment(self.cron, zone(self.timezone), after) if self.cron else None


def zone(name: str) -> ZoneInfo:
    """Raises ValueError for what is no time zone of the IANA database."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{name!r} is no time zone; such as 'Europe/Berlin' or 'UTC'") from error


def next_moment(cron: str, there: ZoneInfo, after: datetime) -> datetime:
    """Raises ValueError for what is no cron schedule, or one that never comes."""
    # Few products have a schedule: without one the library is not loaded.
    from cronsim import CronSim, CronSimError

    if len(cron.split()) != FIELDS:
        raise ValueError(f"{cron!r} is no cron schedule: five fields, such as '0 6 * * *'")
    try:
        moments = CronSim(cron, after.astimezone(there))
    except CronSimError as error:
        raise ValueError(f"{cron!r} is no cron schedule: {error}") from error
    # In the hour that a clock shows twice, what comes next there may be past already.
    later = (moment for moment in moments if moment.astimezone(UTC) > after)
    found = next(later, None)
    if found is None:
        raise ValueError(f"{cron!r} names a day that never comes")
    return found.astimezone(UTC)
