"""Cross-origin requests: which pages of other sites may ask, and what their scripts may read."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = ("GET", "HEAD", "OPTIONS", "POST")
EXPOSED = ("OData-Version", "ETag", "Preference-Applied", "Location", "Retry-After", "Link")


def guarded(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Without origins nothing is added to any response."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=("*",),
        expose_headers=EXPOSED,
    )
