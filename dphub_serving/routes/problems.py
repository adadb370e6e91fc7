"""Errors -> responses: the only place that knows how a refusal looks over HTTP."""

import json
import logging

from fastapi import Request, Response

from dphub_serving.odata import negotiation
from dphub_serving.odata.errors import BadRequest, ODataError
from dphub_serving.routes.exchange import always

log = logging.getLogger("dphub.serving")


async def refused(http: Request, problem: Exception) -> Response:
    assert isinstance(problem, ODataError)
    return _response(http, problem)


async def failed(http: Request, error: Exception) -> Response:
    """Nothing of the error leaves the house."""
    fields = {"path": http.url.path, "query": http.url.query, "error": type(error).__name__}
    log.error("request failed", extra=fields)
    return _response(http, ODataError("the service could not answer this request"))


def _response(http: Request, problem: ODataError) -> Response:
    headers = {
        **always(_version(http)),
        "Content-Type": "application/json",
        "Content-Language": "en",
        **problem.headers(),
    }
    body = json.dumps(problem.body(), ensure_ascii=False).encode(errors="replace")
    if http.method == "HEAD":
        return Response(status_code=problem.status, headers=headers)
    return Response(body, problem.status, headers)


def _version(http: Request) -> negotiation.Version:
    try:
        return negotiation.version(http.headers.get("odata-maxversion"))
    except BadRequest:
        return "4.0"
