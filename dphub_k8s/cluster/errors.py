"""What can go wrong with a call to the API server, each as one line.

ApiError             the call, the status, what the server says, what to do; `status` 0: no answer
├── Unreachable      no answer: refused, timed out, broken off; or no cluster is configured
├── UnknownResource  404 of a collection: its CustomResourceDefinition is not installed
└── Expired          410: the version is too old to continue from, list again
"""

import json
from collections.abc import Mapping
from typing import Any

ADVICE = {
    400: "the request does not fit what this API server knows",
    401: "the API server does not accept this token or certificate",
    403: "the role of this account has to allow it",
    409: "somebody else has changed it: read it again",
    413: "the object is too large",
    429: "the API server is busy: try again later",
    500: "the API server has a fault: its log says more",
    503: "the API server is not ready: try again later",
}


class ApiError(Exception):
    """`reason` is the word of the API server (`Conflict`, `AlreadyExists`, `Invalid`, …) and
    `details` what it adds: `causes`, `name`, `kind`."""

    def __init__(
        self, status: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details = dict(details or {})

    def like(self, other: "ApiError") -> bool:
        """The same fault, perhaps in other words."""
        return (self.status, self.reason) == (other.status, other.reason)


class Unreachable(ApiError):
    pass


class UnknownResource(ApiError):
    pass


class Expired(ApiError):
    pass


def is_refusal(error: ApiError) -> bool:
    """Whether it stays so until somebody does something."""
    passing = error.status in (408, 410, 429) or error.reason == "Conflict"
    return 400 <= error.status < 500 and not passing


def unreachable(call: str, host: str, cause: Exception) -> Unreachable:
    told = " ".join(str(cause).split()) or type(cause).__name__
    advice = "is the API server running, and is this its address?"
    return Unreachable(0, "Unreachable", f"{call}: no answer from {host} ({told}): {advice}")


def foreign(call: str, status: int, why: str) -> ApiError:
    """Of an answer that no API server gives: somebody else does."""
    told = f"{call}: the answer is not an API server's ({why}): is this its address?"
    return ApiError(status, "Foreign", told)


def refused(call: str, status: int, body: bytes) -> ApiError:
    """Of the answer to `call` (verb and path), usually a `Status` document."""
    return failed(call, _document(body), status, body.decode(errors="replace"))


def failed(call: str, document: Mapping[str, Any], status: int, text: str = "") -> ApiError:
    """Of a `Status` document, which may also come as an event of a watch."""
    status = document.get("code") or status
    reason = document.get("reason") or ""
    details = document.get("details") or {}
    said = " ".join((document.get("message") or text).split())[:2_000]
    kind, advice = _kind(status, details)
    line = ": ".join(filter(None, [call, f"{status} {reason}".rstrip(), said, advice]))
    return kind(status, reason, line, details)


def _kind(status: int, details: Mapping[str, Any]) -> tuple[type[ApiError], str]:
    if status == 410:
        return Expired, "list again"
    if status == 404 and not details.get("name"):
        return UnknownResource, "the API server knows no such resource: is its CRD installed?"
    return ApiError, ADVICE.get(status, "")


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
