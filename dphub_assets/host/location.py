"""`python -m dphub_assets location …`: `dagster api grpc` for many definitions that often change.

Patching, so pinned to the version; a test says when a name is gone.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dagster._cli import main as dagster
from dagster._grpc.__generated__.dagster_api_pb2 import ExternalRepositoryRequest
from dagster._grpc.server import DagsterApiServer

from dphub_assets.host import fast

# The method that makes the text of all definitions.
TEXT = "_get_serialized_external_repository_data"
# Of the seconds that the last text took: so long a run that follows an edit has the process.
PAUSE, LONGEST_PAUSE_SECONDS = 2.0, 5.0
FAULT = "ExternalRepositoryErrorData"


@dataclass
class Texts:
    """All definitions as the daemon and the webserver fetch them after every change: made once for
    both, of what is loaded after a pause. Of a thousand products it takes a second, for which a
    tick and the plan of a run would wait, and the daemon needs no copy for these."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[bool, tuple[str, str]] = field(default_factory=dict)
    _seconds: float = 0.0

    def of(self, kind: bool, version: Callable[[], str], make: Callable[[], str]) -> str:
        """`version` changes with each reload; a text that tells of a fault is not kept."""
        with self._lock:
            known, text = self._known.get(kind, ("", ""))
            if known != version():
                time.sleep(min(PAUSE * self._seconds, LONGEST_PAUSE_SECONDS))
                loaded, began = version(), time.monotonic()
                text = make()
                self._seconds = time.monotonic() - began
                if FAULT not in text[:200]:
                    self._known[kind] = loaded, text
            return text


def main(arguments: list[str]) -> int:
    texts, stock = Texts(), getattr(DagsterApiServer, TEXT)

    def text(server: DagsterApiServer, request: ExternalRepositoryRequest) -> str:
        kind = request.defer_snapshots
        return texts.of(kind, lambda: server._server_id, lambda: stock(server, request))

    setattr(DagsterApiServer, TEXT, text)
    return fast.run("dagster", ["api", "grpc", *arguments], dagster)
