"""Batches as texts, and what their parts are answered."""

import json
from email.message import Message
from email.parser import BytesParser
from typing import Any

from tests.unit.serving.conftest import Client

BATCH = "/odata/people/$batch"
MIXED = 'multipart/mixed; boundary="b"'


def part(request: str, *headers: str, mime: str = "") -> str:
    lines = [request, *headers, "", ""]
    return f"--b\r\nContent-Type: application/http\r\n{mime}\r\n" + "\r\n".join(lines) + "\r\n"


def get(url: str, *headers: str, mime: str = "") -> str:
    return part(f"GET {url} HTTP/1.1", *headers, mime=mime)


def ask(served: Client, *parts: str, prefer: str | None = None) -> list[tuple[int, Message, str]]:
    """Status, headers and body of every part."""
    headers = {"Prefer": prefer} if prefer else {}
    answer = served.post(BATCH, "".join(parts) + "--b--\r\n", MIXED, headers)
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + answer.content)
    assert not message.defects
    around, _, _ = answer.content.partition(b"<?xml")  # which has lines of its own
    assert b"\n" not in around.replace(b"\r\n", b"")
    return [read(each) for each in message.get_payload()]  # type: ignore[arg-type]


def read(each: Message) -> tuple[int, Message, str]:
    assert each.get_content_type() == "application/http"
    line, _, rest = each.get_payload(decode=True).partition(b"\r\n")  # type: ignore[union-attr]
    inner = BytesParser().parsebytes(rest)
    inner["X-Content-ID"] = each["Content-ID"] or ""
    body = inner.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert len(body) == int(inner["Content-Length"] or 0)
    return int(line.split()[1]), inner, body.decode()


def ask_json(
    served: Client, *requests: dict[str, Any], prefer: str | None = None
) -> list[dict[str, Any]]:
    headers = {"Prefer": prefer} if prefer else {}
    content = json.dumps({"requests": requests})
    answer = served.post(BATCH, content, "application/json", headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["responses"]
    return found


def asking(id: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "method": "get", "url": url, **more}
