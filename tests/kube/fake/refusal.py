"""What the API server says no with."""

from typing import Any

Doc = dict[str, Any]

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


class Refusal(Exception):
    def __init__(
        self, code: int, message: str, reason: str = "", details: Doc | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or REASONS.get(code, "")
        self.details = details

    @property
    def document(self) -> Doc:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


class NoSuchPath(Exception):
    """404 without a document: the API server has no such resource."""


def not_found(resource: str, name: str) -> Refusal:
    group = resource.partition(".")[2]
    details = {"name": name, "kind": resource.partition(".")[0]}
    if group:
        details["group"] = group
    return Refusal(404, f'{resource} "{name}" not found', details=details)


def too_old(version: int, oldest: int) -> Refusal:
    return Refusal(410, f"too old resource version: {version} ({oldest})")
