"""Errors -> responses: the only place that knows how a refusal looks over HTTP."""

import json
import logging
from collections.abc import Awaitable

from fastapi import Request, Response

from dphub_serving.odata.errors import ODataError
from dphub_serving.routes.exchange import Exchange, always

log = logging.getLogger("dphub.serving")
_INTERNAL = "the service could not answer this request"


async def told(exchange: Exchange, response: Awaitable[Response]) -> Response:
    """The response, or what went wrong on the way to it."""
    try:
        return await response
    except ODataError as problem:
        return refused(exchange, problem)
    except Exception as error:  # noqa: BLE001 (whatever it is, the client hears nothing of it)
        return _failed(exchange, error)


def refused(exchange: Exchange, problem: ODataError) -> Response:
    return _response(exchange.method, exchange.always, problem)


def _failed(exchange: Exchange, error: Exception) -> Response:
    """Nothing of the error leaves the house."""
    path, query = exchange.raw_path.decode("latin-1"), exchange.raw_query.decode("latin-1")
    _log(path, query, error)
    return _response(exchange.method, exchange.always, ODataError(_INTERNAL))


async def elsewhere(http: Request, error: Exception) -> Response:
    """Of what is not OData."""
    _log(http.url.path, http.url.query, error)
    return _response(http.method, always("4.0"), ODataError(_INTERNAL))


def _log(path: str, query: str, error: Exception) -> None:
    fields = {"path": path, "query": query, "error": type(error).__name__}
    log.error("request failed", extra=fields, exc_info=error)


def _response(method: str, headers: dict[str, str], problem: ODataError) -> Response:
    headers = {
        **headers,
        "Content-Type": "application/json",
        "Content-Language": "en",
        **problem.headers(),
    }
    body = json.dumps(problem.body(), ensure_ascii=False).encode(errors="replace")
    if method == "HEAD":
        return Response(None, problem.status, {**headers, "Content-Length": str(len(body))})
    return Response(body, problem.status, headers)
