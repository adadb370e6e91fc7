"""What a tick knows of sources that are far away: what was last heard of them. It never waits."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from dphub_assets.sources.errors import SourceError, SourceMissing
from dphub_assets.sources.location import Location
from dphub_assets.sources.remote import Remote

# How old an answer may be before the next is asked for, and how many are asked for at a time.
LIFETIME_SECONDS = 30.0
ASKING = 4


@dataclass(slots=True)
class _Heard:
    """The last answer, when it came, and the next one if it is under way."""

    answer: str | SourceError | None = None
    at: float = 0.0
    asked: Future[str] | None = None


@dataclass
class Glimpses:
    lifetime: float = LIFETIME_SECONDS
    clock: Callable[[], float] = time.monotonic
    _heard: dict[str, _Heard] = field(default_factory=dict)
    _pool: ThreadPoolExecutor | None = None

    def version(self, location: Location) -> str:
        """Of what is near: now. Raises SourceError, also while nothing was heard yet."""
        if not isinstance(location, Remote):
            return location.version()
        heard = self._heard.setdefault(location.name, _Heard())
        if heard.asked and heard.asked.done():
            heard.answer, heard.at, heard.asked = _answer(heard.asked), self.clock(), None
        old = heard.answer is None or self.clock() - heard.at >= self.lifetime
        if old and heard.asked is None:
            self._pool = self._pool or ThreadPoolExecutor(ASKING, "far source")
            heard.asked = self._pool.submit(location.version)
        if heard.answer is None:
            raise SourceMissing(f"{location.name} has not answered yet")
        if isinstance(heard.answer, SourceError):
            raise heard.answer
        return heard.answer


def _answer(asked: Future[str]) -> str | SourceError:
    try:
        return asked.result()
    except SourceError as error:
        return error
