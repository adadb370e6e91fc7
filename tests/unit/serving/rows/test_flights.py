"""Who asks the same at the same time shares one answer, and ends nobody else's by leaving."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from dphub_serving.rows.errors import Abandoned, Expired
from dphub_serving.rows.flights import Flights, Gone


class Answers:
    """Counts how often it was asked; answers once `ready` is set, and gives up when all left."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.asked: asyncio.Queue[int] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, gone: Gone) -> int:
        self.begun += 1
        number = self.begun
        self.asked.put_nowait(number)
        ready, left = asyncio.ensure_future(self.ready.wait()), asyncio.ensure_future(gone())
        await asyncio.wait([ready, left], return_when=asyncio.FIRST_COMPLETED)
        self.ended += 1
        if left.done():
            raise Abandoned
        left.cancel()
        if self.error:
            raise self.error
        return number


def run(test: Callable[[Flights[int], Answers], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(test(Flights(), Answers()), 10)

    asyncio.run(main())


def test_equal_questions_are_answered_once() -> None:
    async def test(flights: Flights[int], answers: Answers) -> None:
        asked = [asyncio.ensure_future(flights.run("a", answers)) for _ in range(5)]
        other = asyncio.ensure_future(flights.run("b", answers))
        assert {await answers.asked.get(), await answers.asked.get()} == {1, 2}
        answers.ready.set()
        assert len({await each for each in asked}) == 1
        assert await other not in {each.result() for each in asked}
        assert answers.begun == 2
        assert await flights.run("a", answers) == 3

    run(test)


def test_an_error_is_everybodys() -> None:
    async def test(flights: Flights[int], answers: Answers) -> None:
        asked = [asyncio.ensure_future(flights.run("a", answers)) for _ in range(2)]
        assert await answers.asked.get() == 1
        answers.error = Expired()
        answers.ready.set()
        for each in asked:
            with pytest.raises(Expired):
                await each

    run(test)


def test_the_answer_stops_when_the_last_has_left() -> None:
    async def test(flights: Flights[int], answers: Answers) -> None:
        first, second = asyncio.Event(), asyncio.Event()
        asked = [
            asyncio.ensure_future(flights.run("a", answers, each.wait)) for each in (first, second)
        ]
        assert await answers.asked.get() == 1
        first.set()
        with pytest.raises(Abandoned):
            await asked[0]
        assert answers.ended == 0
        second.set()
        with pytest.raises(Abandoned):
            await asked[1]
        again = asyncio.ensure_future(flights.run("a", answers))
        assert await answers.asked.get() == 2
        answers.ready.set()
        assert await again == 2
        assert answers.ended == 2

    run(test)


def test_who_is_cancelled_ends_nobody_elses() -> None:
    async def test(flights: Flights[int], answers: Answers) -> None:
        asked = [asyncio.ensure_future(flights.run("a", answers)) for _ in range(2)]
        assert await answers.asked.get() == 1
        asked[0].cancel()
        answers.ready.set()
        assert await asked[1] == 1

    run(test)
