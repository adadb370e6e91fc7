"""The service under load: requests that are made up, sent, and paid for by the server."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

from bench import data, load
from bench.load import Connection, request
from bench.measure import cpu_seconds
from tests.integration.serving_process import Service

CONNECTIONS = 8
PAGE = 100
DEEP = 5_000_000
LATEST = "$orderby=day%20desc"
LOOK = f"/odata/{data.NAME}"
SET = f"{LOOK}/{data.ENTITY_SET}"


@dataclass(frozen=True, slots=True)
class Entity:
    """A key, and the values of its row with the ordinal."""

    key: str
    values: tuple[object, ...]


@dataclass(slots=True)
class Server:
    service: Service
    rows: int
    _chance: random.Random = field(default_factory=lambda: random.Random(3))
    _asked: int = 0

    @property
    def port(self) -> int:
        port = self.service.http.base_url.port
        assert port is not None
        return port

    def warm(self, *products: str) -> None:
        """Until it answers from native files."""
        with Connection(self.port) as connection:
            while json.loads(connection.get("/health").body)["native"]["attached"] < len(products):
                for name in products:
                    connection.get(self.fresh(f"/odata/{name}?$top=1"))
                time.sleep(0.05)

    def first_page(self) -> str:
        return f"{LOOK}?$top={PAGE}"

    def top(self, options: str) -> str:
        counted = options if "$count" in options else f"{options}&$count=false"
        return f"{LOOK}?{counted}&$top={PAGE}"

    def random_position(self) -> int:
        return self._chance.randrange(self.rows - PAGE)

    def random_page(self) -> str:
        return self.top(f"$skip={self.random_position()}")

    def random_entities(self, count: int) -> Iterator[Entity]:
        """So many, again and again."""
        found = []
        with Connection(self.port) as connection:
            for _ in range(count):
                path = f"{LOOK}?$skip={self.random_position()}&$top=1"
                (row,) = json.loads(connection.get(path).body)["value"]
                ordinal = int(row["id"].rpartition("~")[2])
                values = (*(row[name] for name in data.COLUMNS), ordinal)
                found.append(Entity(row["id"], values))
        return cycle(found)

    def address(self, entity: Entity) -> str:
        return f"{SET}('{entity.key}')"

    def fresh(self, path: str) -> str:
        """With an option that changes nothing but the identity of the answer: none is kept yet."""
        self._asked += 1
        return f"{path}{'&' if '?' in path else '?'}n={self._asked}"

    def end(self, pages: int) -> int:
        """A position with so many pages behind it, and a few more."""
        return self.rows - (pages + 5) * PAGE

    def rate(self, path: Callable[[], str], count: int) -> float:
        """Requests a second, over several connections."""
        requests = [request(path()) for _ in range(count)]
        return count / load.run(self.port, requests, CONNECTIONS)

    def milliseconds(self, path: Callable[[], str], count: int) -> float:
        """CPU for each of so many, asked one after the other."""
        return self._cpu([request(path()) for _ in range(count)])

    def milliseconds_unchanged(self, count: int) -> float:
        """The same for what the client has already."""
        with Connection(self.port) as connection:
            tag = connection.get(self.first_page()).tag
        return self._cpu([request(self.first_page(), If_None_Match=tag)] * count, 304)

    def milliseconds_a_link(self, options: str, position: int, pages: int) -> float:
        """CPU for each page behind a next link, from a position on; getting there is not paid."""
        prefer = {"Prefer": f"odata.maxpagesize={PAGE}"}
        start = self.fresh(f"{SET}?$skip={position}&{options}".rstrip("&"))
        with Connection(self.port) as connection:
            answer = connection.get(start, **prefer)
            before = cpu_seconds(self.service.pid)
            for _ in range(pages):
                link = json.loads(answer.body)["@odata.nextLink"]
                answer = connection.get(link[link.index("/odata/") :], **prefer)
            return 1000 * (cpu_seconds(self.service.pid) - before) / pages

    def _cpu(self, requests: list[bytes], expected: int = 200) -> float:
        before = cpu_seconds(self.service.pid)
        load.run(self.port, requests, 1, expected)
        return 1000 * (cpu_seconds(self.service.pid) - before) / len(requests)
