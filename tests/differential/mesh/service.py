"""Asks the service, follows its next links, and reads what it answers as rows of a mesh."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from tests.differential.evaluator import Row
from tests.differential.mesh.answers import ID
from tests.differential.mesh.kinds import number
from tests.differential.mesh.sets import EntitySet
from tests.unit.serving.conftest import Client

KEY = re.compile(r"\((?:[^(/=]+=)?([^/]*)\)$")
LONGEST = 200


class Wrong(Exception):
    pass


@dataclass(frozen=True)
class Service:
    """Pages have at most `size` rows; nothing if the client does not care."""

    client: Client
    headers: Mapping[str, str]
    size: int

    @property
    def omits(self) -> bool:
        return "omit-values" in self.headers.get("Prefer", "")

    def get(self, url: str) -> tuple[int, Any]:
        answer = self.client.get(url, self.headers)
        return answer.status_code, _parsed(answer.text)

    def batch(self, urls: list[str]) -> list[tuple[int, Any]]:
        """As parts of one request."""
        parts = [
            {"id": str(n), "method": "GET", "url": url, "headers": self.headers}
            for n, url in enumerate(urls)
        ]
        content = json.dumps({"requests": parts})
        answer = self.client.post("/odata/$batch", content, "application/json")
        if answer.status_code != 200:
            raise Wrong(f"$batch: {answer.status_code} {answer.text}")
        found = {each["id"]: each for each in _parsed(answer.text)["responses"]}
        return [(found[str(n)]["status"], found[str(n)].get("body")) for n in range(len(urls))]

    def rows(self, of: EntitySet, page: Any) -> list[Row]:
        return [self.row(of, each) for each in self._all(page["value"], _control(page, "nextLink"))]

    def row(self, of: EntitySet, found: Mapping[str, Any]) -> Row:
        return dict(self._read(of, found))

    def _read(self, of: EntitySet, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in found.items():
            if name in ("@odata.id", "@id"):
                yield ID, key_of(of, value)
            elif "@" in name:
                if re.search(r".@(odata\.)?count$", name):
                    yield f"{name.partition('@')[0]}@count", int(value)
            elif name in of.columns:
                if value is None and self.omits:
                    raise Wrong(f"{name} is null")
                yield name, of.columns[name].read(value)
            elif name not in of.ways:
                yield name, None if value is None else number(value)
            elif isinstance(value, list):
                target, link = of.ways[name].target, _control(found, "nextLink", name)
                yield name, [self.row(target, each) for each in self._all(value, link)]
            else:
                yield name, value and self.row(of.ways[name].target, value)

    def _all(self, rows: list[Any], link: str | None) -> Iterator[Any]:
        for _ in range(LONGEST):
            if self.size and len(rows) > self.size:
                raise Wrong(f"a page of {len(rows)} rows")
            yield from rows
            if not link:
                return
            status, page = self.get(link)
            if status != 200 or not page["value"]:
                raise Wrong(f"{status} {page} at {link}")
            rows, link = page["value"], _control(page, "nextLink")
        raise Wrong(f"more than {LONGEST} pages: {link}")


def key_of(of: EntitySet, address: str) -> Any:
    """An entity's address ends with its key; one that does not is left for the message."""
    found = KEY.search(address)
    return of.columns[of.key].of_key(unquote(found[1])) if found else address


def _control(found: Mapping[str, Any], name: str, of: str = "") -> Any:
    return found.get(f"{of}@odata.{name}", found.get(f"{of}@{name}"))


def count_of(page: Mapping[str, Any]) -> int:
    return int(_control(page, "count"))


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal) if text else None
