"""Sources that are looked at on a schedule: between its moments they count as what they were.

Pure. A product whose declaration asks for a build is not held back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dphub_assets.decide.reconcile import Built, Wanted
from dphub_k8s.api.refresh import Refresh


@dataclass(frozen=True, slots=True)
class Schedule:
    """`compared` is when the sources were last read, or found to be what is published."""

    refresh: Refresh
    compared: datetime

    @property
    def next(self) -> datetime | None:
        return self.refresh.next(self.compared)


def applied(
    wanted: Mapping[str, Wanted],
    built: Mapping[str, Built],
    schedules: Mapping[str, Schedule],
    now: datetime,
) -> tuple[dict[str, Wanted], dict[str, Schedule]]:
    """Between moments a product is wanted as it is built. At a moment, however late, it is wanted
    as the sources are; where they did not change, the schedule goes on from now."""
    held, following = dict(wanted), dict(schedules)
    for name, schedule in schedules.items():
        want, have, due = wanted.get(name), built.get(name), schedule.next
        if not (want and have and due) or (have.uid, have.shape) != (want.uid, want.shape):
            continue
        if have.level is None:
            continue
        if due > now:
            held[name] = replace(want, level=have.level)
        elif want.level == have.level:
            following[name] = replace(schedule, compared=now)
    return held, following
