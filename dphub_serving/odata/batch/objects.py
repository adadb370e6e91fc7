"""Batches as JSON: OData JSON Format 4.01, section 19."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from dphub_serving.odata.batch.parts import Answer, Part, check_number
from dphub_serving.odata.errors import DependencyFailed, InvalidSyntax, echo

MEDIA = "application/json"


def read(body: bytes) -> list[Part]:
    """Raises InvalidSyntax where the batch itself cannot be read, TooLarge."""
    try:
        found = json.loads(body)
        # Python would let half of a surrogate pair pass.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise InvalidSyntax("the batch is no JSON") from problem
    requests = found.get("requests") if isinstance(found, dict) else None
    if not isinstance(requests, list):
        raise InvalidSyntax("a batch is an object with an array of requests", target="requests")
    check_number(requests)
    parts: list[Part] = []
    known: set[str] = set()
    for number, each in enumerate(requests):
        part = _part(each, f"requests/{number}", known)
        last = parts[-1].group if parts else None
        if part.id in known or (part.group in known and part.group != last):
            raise InvalidSyntax("an id or group is used twice", target=f"requests/{number}")
        parts.append(part)
        known |= {name for name in (part.id, part.group) if name is not None}
    return parts


def write(answer: Answer, *, first: bool) -> Iterator[bytes]:
    """A member of `responses`."""
    about: dict[str, Any] = {} if answer.part.id is None else {"id": answer.part.id}
    about["status"] = answer.status
    if answer.part.group is not None:
        about["atomicityGroup"] = answer.part.group
    about["headers"] = dict(answer.headers)
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    yield (text if first else f",{text}")[:-1].encode()
    if answer.body:
        yield b',"body":'
        yield _body(answer)
    yield b"}"


def _body(answer: Answer) -> bytes:
    """JSON as it is, other texts as a string, everything else as base64url."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    if media == MEDIA:
        return answer.body
    if media.startswith("text/") or media.endswith("xml"):
        return json.dumps(answer.body.decode("utf-8", "replace"), ensure_ascii=False).encode()
    return json.dumps(base64.urlsafe_b64encode(answer.body).decode()).encode()


def _part(given: object, target: str, known: set[str]) -> Part:
    if not isinstance(given, dict):
        raise InvalidSyntax("a request is an object", target=target)
    id = _string(given, "id", target)
    group = _string(given, "atomicityGroup", target) if "atomicityGroup" in given else None
    headers = given.get("headers") or {}
    if not isinstance(headers, dict) or not all(map(_is_line, [*headers, *headers.values()])):
        raise InvalidSyntax("headers are an object of one-line strings", target=f"{target}/headers")
    after = given.get("dependsOn") or []
    if not isinstance(after, list) or not all(isinstance(each, str) for each in after):
        raise InvalidSyntax("dependsOn is an array of ids", target=f"{target}/dependsOn")
    if missing := [each for each in after if each not in known]:
        wrong = f"dependsOn names {echo(missing[0])}, which is no request before this one"
        raise InvalidSyntax(wrong, target=f"{target}/dependsOn")
    lower = {name.lower(): value for name, value in headers.items()}
    conditional = DependencyFailed("the condition of `if` is not evaluated here")
    return Part(
        id=id,
        method=_string(given, "method", target).upper(),
        reference=_string(given, "url", target),
        headers=tuple(lower.items()),
        body=_content(given.get("body"), lower.get("content-type", ""), target),
        after=tuple(after),
        group=group,
        problem=conditional if "if" in given else None,
    )


def _is_line(found: object) -> bool:
    return isinstance(found, str) and not {"\r", "\n", "\0"} & set(found)


def _string(given: dict[str, object], name: str, target: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidSyntax(f"{name} is a text that is not empty", target=f"{target}/{name}")
    return found


def _content(body: object, media: str, target: str) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        return json.dumps(body).encode()
    if not media or media.startswith(("text/", "application/x-www-form-urlencoded", MEDIA)):
        return body.encode(errors="replace")
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error) as problem:
        raise InvalidSyntax("the body is no base64url", target=f"{target}/body") from problem
