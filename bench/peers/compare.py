"""What the answers of all servers cost, taken side by side; and that they are the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http.client import HTTPException
from itertools import count

import duckdb

from bench.load import Connection, Unexpected
from bench.measure import interleaved, median, peak_mib, ratio, timed
from bench.peers.question import Question, Row, plain, rows
from bench.peers.server import Request, Server
from bench.report import Report

# CPU that a server may take for one question in one round.
MILLISECONDS = 500
FEW = 2
UNCHANGED = 300

Subjects = dict[str, Callable[[], float]]


@dataclass(frozen=True, slots=True)
class Peers:
    """`narrow` has one thread and `wide` has all, as the service has for pages and for scans."""

    out: Report
    rounds: int
    narrow: duckdb.DuckDBPyConnection
    wide: duckdb.DuckDBPyConnection
    ours: Server
    others: Sequence[Server]
    _asked: Iterator[int] = field(default_factory=count)

    def compare(self, question: Question) -> None:
        """Raises ValueError where answers differ: to compare their cost would say nothing."""
        database = self.wide if question.wide else self.narrow
        statement = database.extract_statements(question.statement)[0]
        found = [
            plain(database.execute(statement, question.values(draw)), question.columns)
            for draw in question.draws[:FEW]
        ]

        def raw() -> float:
            def work() -> None:
                for draw in question.draws:
                    database.execute(statement, question.values(draw)).fetchall()

            return 1000 * timed(work).cpu / len(question.draws)

        subjects = {self.ours.name: self._subject(self.ours, question, found), "raw": raw}
        for server in self.others:
            if server.name in question.asked:
                try:
                    subjects[server.name] = self._subject(server, question, found)
                except (OSError, HTTPException, Unexpected) as problem:
                    self.out.say(f"peers.{question.name}.to_{server.name}", f"none: {problem}")
        self._tell(question.name, subjects, {"raw": question.wanted})

    def unchanged(self, name: str, path: str) -> None:
        """What the client has already; the others have no entity tags."""
        with Connection(self.ours.port) as connection:
            tag = connection.get(path).tag
        again = [Request(path, headers={"If-None-Match": tag})] * UNCHANGED
        alive = [Request("/livez")] * UNCHANGED
        subjects: Subjects = {
            self.ours.name: partial(self.ours.milliseconds, again, 304),
            "livez": partial(self.ours.milliseconds, alive),
        }
        self._tell(f"{name}_304", subjects, {"livez": "<= 0.3 ms"})

    def memory(self) -> None:
        mine = peak_mib(self.ours.pid)
        for server in self.others:
            name = f"peers.peak_resident.to_{server.name}"
            self.out.add(name, mine, "MiB", baseline=peak_mib(server.pid))

    def _subject(
        self, server: Server, question: Question, expected: Sequence[Sequence[Row]]
    ) -> Callable[[], float]:
        """As often as its cost allows, but for the first answers."""
        asked = self._requests(server, question, FEW)
        for body, wanted in zip(server.answers(asked), expected, strict=True):
            if (found := rows(body, question.columns)) != wanted:
                raise ValueError(f"{question.name}: {server.name} has {found}, DuckDB {wanted}")
        cost = server.milliseconds(self._requests(server, question, FEW))
        times = max(FEW, min(len(question.draws), int(MILLISECONDS / cost)))
        return lambda: server.milliseconds(self._requests(server, question, times))

    def _requests(self, server: Server, question: Question, times: int) -> list[Request]:
        """Ours with an option that changes nothing but the identity: no answer is kept yet."""
        asked = question.requests(server.name, times)
        if server is not self.ours:
            return asked
        return [
            replace(each, path=f"{each.path}{'&' if '?' in each.path else '?'}n={number}")
            for each, number in zip(asked, self._asked, strict=False)
        ]

    def _tell(self, name: str, subjects: Subjects, wanted: Mapping[str, str]) -> None:
        found = interleaved(subjects, self.rounds)
        mine = found.pop(self.ours.name)
        for other, theirs in found.items():
            numbers = {"baseline": median(theirs), "ratio": ratio(mine, theirs)}
            told = f"peers.{name}.to_{other}"
            self.out.add(told, median(mine), "CPU ms", **numbers, wanted=wanted.get(other, "< 1"))
