"""Requests and answers, over the address, certificates, token and pool of the official client."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kubernetes.client.rest import RESTClientObject
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from dphub_k8s.cluster.errors import unreachable

CONNECT_SECONDS = 3.0
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str | int]
    body: Any = None
    content_type: str = JSON

    def __str__(self) -> str:
        return f"{'WATCH' if self.query.get('watch') else self.method} {self.path}"


class Connection:
    """For any number of threads, but not for both sides of a fork."""

    def __init__(self, configure: Callable[[], Any]) -> None:
        """`configure` is asked again when the API server no longer accepts the token."""
        self._configure = configure
        self._lock = threading.Lock()
        self._open()

    @property
    def host(self) -> str:
        return str(self._configuration.host)

    @contextmanager
    def answer(
        self, request: Request, seconds: float, stream: bool = False
    ) -> Iterator[BaseHTTPResponse]:
        """Of any status, closed on leaving. `seconds` are for every read.

        Raises Unreachable, also where a stream breaks off in the caller's hands.
        """
        response = None
        try:
            response = self._send(request, seconds, stream)
            if response.status == 401:
                response.close()
                self._open()
                response = self._send(request, seconds, stream)
            yield response
        except HTTPError as error:
            raise unreachable(str(request), self.host, error) from error
        finally:
            if response is not None:
                response.close()

    def _open(self) -> None:
        with self._lock:
            self._configuration = self._configure()
            self._pool: PoolManager = RESTClientObject(self._configuration).pool_manager

    def _send(self, request: Request, seconds: float, stream: bool) -> BaseHTTPResponse:
        headers = {"Accept": JSON, "User-Agent": "dphub"}
        with self._lock:  # the official client may read the token anew here
            token = self._configuration.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        body = None
        if request.body is not None:
            headers["Content-Type"] = request.content_type
            body = json.dumps(request.body, separators=(",", ":")).encode()
        query = f"?{urlencode(request.query)}" if request.query else ""
        return self._pool.request(
            request.method,
            self.host + request.path + query,
            headers=headers,
            body=body,
            preload_content=not stream,
            timeout=Timeout(connect=CONNECT_SECONDS, read=seconds),
            retries=False,
        )
