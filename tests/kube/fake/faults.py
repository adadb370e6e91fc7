"""Faults between any two calls."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.kube.fake.calls import Call
from tests.kube.fake.refusal import Refusal

EVERY = 1 << 30


@dataclass(frozen=True)
class Fault:
    """What becomes of a call: a refusal, a `page` of somebody else, or silence for `seconds`, and
    then a broken connection.

    `done`: the call is carried out all the same, only its answer is lost; of a watch all but the
    first event.
    """

    refusal: Refusal | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    done: bool = False
    page: str = ""


RESET = Fault()
LOST_ANSWER = Fault(done=True)
CONFLICT = Fault(Refusal(409, "the object has been modified; please apply your changes again"))
EXPIRED = Fault(Refusal(410, "The provided continue parameter is too old"))
BROKEN = Fault(Refusal(500, "etcdserver: leader changed"))
PROXY = Fault(page="<html><title>Sign in</title></html>")
NOT_READY = Fault(Refusal(503, "the server is currently unable to handle the request"))
FORBIDDEN = Fault(Refusal(403, "forbidden: this account has lost its role"))


def busy(retry_after: int | None = 1) -> Fault:
    told = "the server has received too many requests and has asked us to try again later"
    return Fault(Refusal(429, told), retry_after)


def silent(seconds: float) -> Fault:
    return Fault(seconds=seconds)


@dataclass
class _Planned:
    fault: Fault
    matches: Callable[[Call], bool]
    skip: int
    times: int


class Faults:
    """`met` is how many calls met one."""

    def __init__(self) -> None:
        self.met = 0
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def plan(
        self,
        fault: Fault,
        *,
        verb: str = "*",
        plural: str = "*",
        user: str = "*",
        skip: int = 0,
        times: int = 1,
    ) -> None:
        """For `times` matching calls, after `skip` others. `times=EVERY`: until `clear`."""

        def matches(call: Call) -> bool:
            pairs = (verb, call.verb), (plural, call.plural), (user, call.user)
            return all(wanted in ("*", found) for wanted, found in pairs)

        with self._lock:
            self._planned.append(_Planned(fault, matches, skip, times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def due(self, call: Call) -> Fault | None:
        with self._lock:
            for planned in self._planned:
                if planned.times and planned.matches(call):
                    if planned.skip:
                        planned.skip -= 1
                        continue
                    planned.times -= 1
                    self.met += 1
                    return planned.fault
        return None
