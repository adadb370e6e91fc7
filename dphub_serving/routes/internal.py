"""What is not OData: reload, what is served, health, and where the data is."""

import hmac
import os
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from dphub_serving.catalog.catalog import Catalog
from dphub_serving.odata import etag
from dphub_serving.routes.hub import Hub

router = APIRouter()
# Probes ask for the status alone.
PROBING = ["GET", "HEAD"]


@router.get("/")
async def root() -> dict[str, str]:
    return {"odata": "/odata/", "metadata": "/odata/$metadata", "health": "/health"}


@router.post("/internal/reload-config")
async def reload_config(request: Request) -> JSONResponse:
    """Look at the lake now; the answer counts what every worker serves afterwards."""
    hub: Hub = request.app.state.hub
    token = hub.settings.reload_token
    if token is None:
        return _refusal(503, "DPHUB_RELOAD_TOKEN is not set, so nobody may reload")
    if not _is_trusted(request, token):
        return _refusal(401, "the bearer token of DPHUB_RELOAD_TOKEN is needed")
    if not await hub.polling.reload():
        return _refusal(500, "this worker has reloaded, and cannot tell the others: see its log")
    return JSONResponse(_counts(hub.reader.catalog or Catalog(), hub))


@router.get("/internal/served")
async def served(request: Request) -> Response:
    """The sequence of every product, for the hub; what is asked again costs next to nothing."""
    hub: Hub = request.app.state.hub
    if hub.settings.reload_token and not _is_trusted(request, hub.settings.reload_token):
        return _refusal(401, "the bearer token of DPHUB_RELOAD_TOKEN is needed")
    await hub.polling.keep_up()
    catalog = hub.reader.catalog
    if catalog is None:
        return _refusal(503, "the lake has not been read yet")
    tag = f'W/"{catalog.state}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if etag.matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    products = {name: each.sequence for name, each in catalog.products.items()}
    return JSONResponse({"products": products}, headers=headers)


@router.api_route("/livez", methods=PROBING)
async def livez() -> dict[str, str]:
    return {"status": "alive"}


@router.api_route("/readyz", methods=PROBING)
async def readyz(request: Request) -> JSONResponse:
    """Ready once the lake was read, whatever became of single products."""
    hub: Hub = request.app.state.hub
    if hub.reader.catalog is None:
        return _refusal(503, "the lake has not been read yet")
    return JSONResponse({"status": "ready"})


@router.api_route("/health", methods=PROBING)
async def health(request: Request) -> dict[str, Any]:
    """For people: what is served, what is awaited, and what is wrong and why."""
    hub: Hub = request.app.state.hub
    catalog, degraded = hub.reader.catalog or Catalog(), hub.degraded()
    return {
        "status": "degraded" if degraded else "ok",
        "worker": os.getpid(),
        **_counts(catalog, hub),
        "products": {
            served.name: {
                "path": f"/odata/{served.route}",
                "sequence": served.sequence,
                "rows": served.table.rows,
                "created": served.created,
            }
            for served in catalog.routes.values()
        },
        "waiting": sorted(catalog.waiting.values()),
        "degraded": degraded,
        "native": hub.native.state(),
        "answers": hub.engine.counts(),
    }


def _is_trusted(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _counts(catalog: Catalog, hub: Hub) -> dict[str, int]:
    return {
        "served": len(catalog.routes),
        "accepted": len(catalog.waiting),
        "faults": len(hub.degraded()),
    }


def _refusal(status: int, message: str) -> JSONResponse:
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"status": message}, status, headers=challenge)
