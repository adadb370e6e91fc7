"""Any bytes are a batch or are refused; what is written is read again."""

import json
from collections.abc import Callable
from email.parser import BytesParser

from hypothesis import given
from hypothesis import strategies as st

from dphub_serving.odata.batch import multipart, objects
from dphub_serving.odata.batch.parts import Answer, Part
from dphub_serving.odata.errors import InvalidSyntax, TooLarge

PIECES = st.sampled_from(
    [
        *(b"--b", b"--b--", b"--c", b"\r\n", b"\n", b"Content-Type: application/http", b": ", b";"),
        *(b"Content-Type: multipart/mixed; boundary=c", b"GET Rows HTTP/1.1", b"Content-ID: 1"),
        *(b"Content-Transfer-Encoding: base64", b"\xff\x00", "ü".encode(), b"Host: x", b" "),
    ]
)
BODIES = st.one_of(st.binary(), st.lists(PIECES, max_size=30).map(b"".join))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)
NAMES = ["id", "method", "url", "headers", "body", "dependsOn", "atomicityGroup", "if"]
REQUESTS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), max_size=4)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).map(str.strip)


@given(body=BODIES, boundary=st.sampled_from(["b", '"b"', "", "ü"]))
def test_any_bytes_are_parts_or_refused(body: bytes, boundary: str) -> None:
    found = parts(multipart.read, body, f"multipart/mixed; boundary={boundary}")
    assert all(part.problem or part.method for part in found)


@given(content=st.one_of(VALUES, REQUESTS.map(lambda found: {"requests": found})))
def test_any_json_is_parts_or_refused(content: object) -> None:
    found = parts(objects.read, json.dumps(content).encode())
    assert all(part.id and part.reference for part in found)


def parts(read: Callable[..., list[Part]], *given: object) -> list[Part]:
    """None where they are refused; anything but a refusal fails the test."""
    try:
        return read(*given)
    except (InvalidSyntax, TooLarge):
        return []


@given(
    body=st.binary(), id=st.one_of(st.none(), TEXT.filter(bool)), status=st.sampled_from([200, 404])
)
def test_what_is_written_is_read(body: bytes, id: str | None, status: int) -> None:
    answer = Answer(Part(id), status, {"content-type": "application/octet-stream"}, body)
    text = b"".join([*multipart.write(answer, "bnd"), *multipart.write(answer, "bnd")])
    head = f"Content-Type: {multipart.head('bnd')}\r\n\r\n".encode()
    found = BytesParser().parsebytes(head + text + multipart.end("bnd"))
    assert not found.defects
    assert len(found.get_payload()) == 2
    written = b"".join([*objects.write(answer, first=True)])
    assert json.loads(written)["status"] == status
