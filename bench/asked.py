"""What a service with one big product is asked, and what an answer takes it."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bench.load import Connection
from bench.measure import cpu_seconds, median
from bench.report import Report
from tests.integration.serving_process import Service

PAGE = 100
MANY, FEW = 50, 5
PATIENCE = 1_800.0


@dataclass(slots=True)
class Asked:
    out: Report
    service: Service
    product: str
    rows: int
    title: str
    _chance: random.Random = field(default_factory=lambda: random.Random(5))
    _asked: int = 0

    def all(self) -> None:
        wanted = "wall <= 50 ms"
        self.add("first_page", self.fresh, MANY, wanted)
        self.add("skip", lambda: self.fresh(f"$skip={self.position()}"), MANY, wanted)
        self.add("links", self.links(), MANY, wanted)
        self.add("key", self.drawn(self.key), MANY, wanted)
        self.add("filter_first", self.drawn(self.first_column), MANY, wanted)
        counted = self.drawn(lambda row: self.first_column(row, "&$count=true"))
        self.add("filter_first_count", counted, FEW)
        self.add("filter_key_range", self.drawn(self.key_range), FEW)
        self.add("count", lambda: self.fresh("$count=true"), FEW)
        self.add("filter_other_count", lambda: self.fresh("$filter=stage eq 3&$count=true"), FEW)
        self.add("orderby_other", lambda: self.fresh("$orderby=amount desc"), FEW)

    def add(self, name: str, path: Callable[[], str], count: int, wanted: str = "") -> None:
        """The first answer is told apart: it reads what the others find at hand."""
        walls = []
        with Connection(self.port) as connection:
            paths = [path() for _ in range(count + 1)]
            for number, each in enumerate(paths):
                if number == 1:
                    before = cpu_seconds(self.service.pid)
                began = time.perf_counter()
                connection.get(each)
                walls.append(1000 * (time.perf_counter() - began))
        cpu = 1000 * (cpu_seconds(self.service.pid) - before) / count
        self.out.add(f"{self.title}.{name}.first", walls[0], "ms")
        self.out.add(f"{self.title}.{name}", median(walls[1:]), "ms", wanted=wanted)
        self.out.add(f"{self.title}.{name}.cpu", cpu, "CPU ms")

    @property
    def port(self) -> int:
        port = self.service.http.base_url.port
        assert port is not None
        return port

    def fresh(self, options: str = "") -> str:
        """A page that nobody has asked for before."""
        self._asked += 1
        more = f"{options}&" if options else ""
        more += "" if "$count" in options else "$count=false&"
        return quote(f"/odata/{self.product}?{more}$top={PAGE}&n={self._asked}", safe="/?&=$,'")

    def position(self) -> int:
        return self._chance.randrange(self.rows - PAGE * (MANY + 2))

    def row(self) -> dict[str, Any]:
        with Connection(self.port) as connection:
            found = connection.get(f"/odata/{self.product}?$skip={self.position()}&$top=1")
        rows: list[dict[str, Any]] = json.loads(found.body)["value"]
        return rows[0]

    def drawn(self, path: Callable[[dict[str, Any]], str]) -> Callable[[], str]:
        return lambda: path(self.row())

    def key(self, row: dict[str, Any]) -> str:
        key = f"'{row['id']}'" if "id" in row else row["number"]
        return f"/odata/{self.product}/Payments({key})"

    def first_column(self, row: dict[str, Any], more: str = "") -> str:
        """A value of the column that the rows are sorted by."""
        asked = {
            "spelled": f"customer eq '{row['customer']}'",
            "integer": f"number ge {row['number']}",
            "indexed": f"day eq {row['day']}",
        }
        return self.fresh(f"$filter={asked[self.product]}{more}")

    def key_range(self, row: dict[str, Any]) -> str:
        number = row["number"]
        return self.fresh(f"$filter=number ge {number} and number lt {number + 100}&$count=true")

    def links(self) -> Callable[[], str]:
        """Pages behind each other, from somewhere on."""
        path = f"/odata/{self.product}/Payments?$skip={self.position()}"

        def following() -> str:
            nonlocal path
            with Connection(self.port) as connection:
                answer = connection.get(path, Prefer=f"odata.maxpagesize={PAGE}")
            link: str = json.loads(answer.body)["@odata.nextLink"]
            path = link[link.index("/odata/") :]
            return f"{path}&n={self._asked}"

        return following


def native_of(service: Service, path: Callable[[], str]) -> int:
    """The bytes of the native file, once the service answers from it; 0 where it makes none."""
    end = time.monotonic() + PATIENCE
    with Connection(service.http.base_url.port or 0) as connection:
        while json.loads(connection.get("/health").body)["native"]["attached"] == 0:
            if "native file not built" in service.log.read_text() or time.monotonic() > end:
                return 0
            connection.get(path())
            time.sleep(0.2)
    return sum(file.stat().st_size for file in service.log.parent.glob("cache/*.duckdb"))
