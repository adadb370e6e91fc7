"""`$batch` as OpenAPI describes it; what a part may ask is on the paths of their own."""

from typing import Any

from dphub_serving.odata.batch import multipart, objects

PATH = "/$batch"
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1}
_HEADERS = {"type": "object", "additionalProperties": _TEXT}
_REQUEST = {
    "type": "object",
    "required": ["id", "method", "url"],
    "properties": {
        "id": _NAME,
        "method": {"type": "string", "enum": ["get"]},
        "url": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "headers": _HEADERS,
        "dependsOn": {"type": "array", "items": _NAME, "description": "Ids of earlier requests"},
        "atomicityGroup": _NAME,
    },
}
_RESPONSE = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": _TEXT,
        "status": {"type": "integer"},
        "headers": _HEADERS,
        "atomicityGroup": _TEXT,
        "body": {},
    },
}


def item(name: str, refused: dict[str, Any]) -> dict[str, Any]:
    """`name` is an entity set to ask for in an example."""
    asked = f"--b\r\nContent-Type: application/http\r\n\r\nGET {name} HTTP/1.1\r\n\r\n\r\n--b--\r\n"
    requests = {
        objects.MEDIA: {
            "schema": _holding("requests", _REQUEST),
            "example": {"requests": [{"id": "1", "method": "get", "url": name}]},
        },
        f"{multipart.MEDIA};boundary=b": {"schema": _TEXT, "example": asked},
    }
    responses = {
        objects.MEDIA: {"schema": _holding("responses", _RESPONSE)},
        multipart.MEDIA: {"schema": _TEXT},
    }
    post = {
        "operationId": "batch",
        "summary": "Many requests in one",
        "requestBody": {"required": True, "content": requests},
        "responses": {
            "200": {"description": "The responses, in the same order", "content": responses},
            "default": refused,
        },
    }
    return {"post": post}


def _holding(member: str, items: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [member],
        "properties": {member: {"type": "array", "items": items}},
    }
