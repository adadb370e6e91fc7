import base64
import json
from dataclasses import replace

import pytest

from dphub_serving.odata import token
from dphub_serving.odata.errors import BadToken
from dphub_serving.odata.token import AfterRow, AtRow, SkipToken

TOKEN = SkipToken("abc", 3, AtRow(100), 50, count=True)


@pytest.mark.parametrize(
    "given",
    [
        TOKEN,
        replace(TOKEN, remaining=None, count=False),
        replace(TOKEN, cursor=AfterRow(("a'b", None, 1.5, True, -7, "ü"))),
        replace(TOKEN, cursor=AfterRow((float("inf"), 0))),
        replace(TOKEN, pins=(("customers", 7), ("items", 0))),
    ],
)
def test_what_is_written_is_read(given: SkipToken) -> None:
    text = token.write(given)
    assert token.read(text) == given
    assert text.replace("-", "").replace("_", "").isalnum()


def forge(content: object) -> str:
    payload = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(token._signature(payload, b"") + payload).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "Start@Next_Chunk:From?=Here!",
        "ünïcode",
        "x" * 10_000,
        token.write(TOKEN)[:-1],
        token.write(TOKEN) + "A",
        token.write(TOKEN) + "=",
        token.write(TOKEN).swapcase(),
        forge(None),
        forge([]),
        forge([2, "abc", 3, 100, 50, True]),
        forge([1, "abc", -3, 100, 50, True]),
        forge([1, "abc", 3, -100, 50, True]),
        forge([1, "abc", 3, 10**30, 50, True]),
        forge([1, "abc", 3, 100, -50, True]),
        forge([1, "abc", 3, 100, 50, 1]),
        forge([1, "abc", True, 100, 50, True]),
        forge([1, "abc", 3, 100, 50, True, []]),
        forge([1, "abc", 3, 100, 50, True, "x"]),
        forge([1, "abc", 3, 100, 50, True, [["orders", -1]]]),
        forge([1, "abc", 3, 100, 50, True, [["orders"]]]),
        forge([1, "abc", 3, 100, 50, True, [["orders", 1]], 1]),
        forge([1, "abc", 3, [], 50, True]),
        forge([1, "abc", 3, [[1]], 50, True]),
        forge([1, "abc", 3, [float("nan")], 50, True]),
        forge([1, "abc", 3, {"a": 1}, 50, True]),
        forge([1, "abc", 3, 100, 50, True, "more"]),
        forge(["1", "abc", 3, 100, 50, True]),
    ],
)
def test_everything_else_is_a_bad_token(text: str) -> None:
    with pytest.raises(BadToken) as problem:
        token.read(text)
    assert problem.value.target == "$skiptoken"


def test_a_token_is_read_with_the_secret_that_it_was_written_with() -> None:
    text = token.write(TOKEN, b"one")
    assert token.read(text, b"one") == TOKEN
    for other in (b"", b"two"):
        with pytest.raises(BadToken):
            token.read(text, other)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 10_000, "too long"),
        (token.write(TOKEN, b"two"), "did not write it"),
        (forge([2, "abc", 3, 100, 50, True]), "another version"),
        (forge([1, "abc", -3, 100, 50, True]), "damaged"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_token(text: str, why: str) -> None:
    with pytest.raises(BadToken, match=why):
        token.read(text)


def test_deep_json_is_a_bad_token_too() -> None:
    payload = b"[" * 5000
    text = base64.urlsafe_b64encode(token._signature(payload, b"") + payload).rstrip(b"=").decode()
    with pytest.raises(BadToken):
        token.read(text)
