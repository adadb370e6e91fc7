"""Events of a watch: one JSON document a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dphub_k8s.cluster.errors import failed, foreign

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A BOOKMARK's object has a version and nothing else."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Item

    @property
    def version(self) -> str:
        """Where the next watch goes on."""
        return str(self.object["metadata"]["resourceVersion"])


def events(call: str, chunks: Iterable[bytes]) -> Iterator[Event]:
    """Raises Expired or ApiError where the server sends an ERROR."""
    for line in _lines(chunks):
        try:
            event = json.loads(line)
        except ValueError as error:
            raise foreign(call, 200, str(error)) from error
        if event["type"] == "ERROR":
            raise failed(call, event["object"], 500)
        yield Event(event["type"], event["object"])


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            yield b"".join([*begun, end])
            begun.clear()
        if rest:
            begun.append(rest)
