"""Batches as multipart/mixed, read with the standard library's parser of MIME messages."""

import re
from collections.abc import Iterator
from email.errors import (
    CloseBoundaryNotFoundDefect,
    MessageDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from http import HTTPStatus

from dphub_serving.odata.batch.parts import Answer, Headers, Part, check_number
from dphub_serving.odata.errors import BadRequest, InvalidSyntax, MethodNotAllowed, echo

MEDIA = "multipart/mixed"
# Names are the same in any case; some clients compare them as they usually are.
_SPELLED = {"odata-version": "OData-Version", "etag": "ETag"}
_WHY: dict[type[MessageDefect], str] = {
    NoBoundaryInMultipartDefect: "Content-Type names no boundary",
    StartBoundaryNotFoundDefect: "nothing begins with the boundary that Content-Type names",
    CloseBoundaryNotFoundDefect: "the boundary at its end is missing",
}
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def read(body: bytes, content_type: str) -> list[Part]:
    """Raises InvalidSyntax where the batch itself cannot be read, TooLarge."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser().parsebytes(head + body)
    parts = message.get_payload()
    if message.defects or not isinstance(parts, list):
        why = next((_WHY[type(each)] for each in message.defects if type(each) in _WHY), "no parts")
        raise InvalidSyntax(f"the batch cannot be read as {MEDIA}: {why}")
    check_number(parts)
    return [_part(each) for each in parts if isinstance(each, Message)]


def head(boundary: str) -> str:
    return f"{MEDIA};boundary={boundary}"


def write(answer: Answer, boundary: str) -> Iterator[bytes]:
    """With lines that end as RFC 2046 has it, and a length for whoever reads by it."""
    lines = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if id := _text(answer.part.id):
        lines.append(f"Content-ID: {id}")
    lines += ["", f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    for name, value in answer.headers.items():
        lines.append(f"{_SPELLED.get(name, name.title())}: {value}")
    yield "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    yield answer.body
    yield b"\r\n"


def end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


def _part(message: Message) -> Part:
    id = _text(message.get("content-id"))
    if message.is_multipart():
        # Whatever a change set holds would change something.
        return Part(id, problem=MethodNotAllowed("a change set"))
    if message.get_content_type() != "application/http":
        wrong = f"a part is application/http, not {message.get_content_type()}"
        return Part(id, problem=BadRequest(wrong))
    content = message.get_payload(decode=True)
    try:
        return _request(id, content if isinstance(content, bytes) else b"")
    except BadRequest as problem:
        return Part(id, problem=problem)


def _request(id: str | None, content: bytes) -> Part:
    head, *rest = _BLANK_LINE.split(content.lstrip(b"\r\n"), maxsplit=1)
    line, _, fields = head.partition(b"\n")
    words = line.decode("utf-8", "replace").split()
    # The standard's own example of a batch has none.
    if words and words[-1].upper().startswith("HTTP/"):
        del words[-1]
    if len(words) < 2:
        raise InvalidSyntax(f"{echo(' '.join(words))} is no request line")
    message = BytesHeaderParser().parsebytes(fields)
    headers: Headers = tuple((name.lower(), str(value)) for name, value in message.items())
    given = id or next((value for name, value in headers if name == "content-id"), None)
    return Part(given, words[0].upper(), " ".join(words[1:]), headers, b"".join(rest))


def _text(value: object) -> str | None:
    """As a header can be written again."""
    found = re.sub(r"[^\x20-\x7e]", "", str(value)) if value is not None else ""
    return found or None
