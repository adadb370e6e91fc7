"""The skip token: where the next page begins, in which snapshot, and how much is still owed.

Opaque to clients: base64url of a signature and a JSON array. Who does not have the secret cannot
write one; all the same nothing that is read here is trusted more than a query option: the numbers
are bounded, and bind compares `scope` with the request.
"""

import base64
import binascii
import hmac
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dphub_serving.odata.errors import BadToken

FORMAT = 1
MAX_LENGTH = 8_000
_SIGNATURE_BYTES = 12
_MAX_INT = 2**63 - 1

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class AtRow:
    """Go on at this row of the snapshot (0 is the first), in the order in which rows are stored."""

    row: int


@dataclass(frozen=True, slots=True)
class AfterRow:
    """Go on behind the row with these values: of the order asked, then of what makes it total."""

    values: tuple[Scalar, ...]


Cursor = AtRow | AfterRow


@dataclass(frozen=True, slots=True)
class SkipToken:
    """`scope` is the digest of what the token was made for, `remaining` what is left of `$top`.

    `pins` are product and sequence of other snapshots that the page was read from.
    """

    scope: str
    sequence: int
    cursor: Cursor
    remaining: int | None
    count: bool
    pins: tuple[tuple[str, int], ...] = ()


def write(token: SkipToken, secret: bytes = b"") -> str:
    match token.cursor:
        case AtRow(row):
            place: int | list[Scalar] = row
        case AfterRow(values):
            place = list(values)
    content = [FORMAT, token.scope, token.sequence, place, token.remaining, token.count]
    content += [token.pins] if token.pins else []
    payload = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    signed = _signature(payload, secret) + payload
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def read(text: str, secret: bytes = b"") -> SkipToken:
    """Raises BadToken for anything that `write` does not write with the same secret."""
    if len(text) > MAX_LENGTH:
        raise BadToken("it is too long")
    match _content(text, secret):
        case [int(version), *_] if version != FORMAT:
            raise BadToken("it was written by another version of this service")
        case [
            _,
            str(scope),
            int(sequence),
            place,
            int() | None as remaining,
            bool(count),
            *more,
        ] if _is_number(sequence) and (remaining is None or _is_number(remaining)):
            token = SkipToken(scope, sequence, _cursor(place), remaining, count, _pins(more))
        case _:
            raise BadToken("it is damaged")
    if write(token, secret) != text:
        raise BadToken("it is damaged")
    return token


def _content(text: str, secret: bytes) -> object:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _signature(payload, secret)):
            raise BadToken("this service did not write it, or it is damaged")
        content: object = json.loads(payload)
    except (ValueError, binascii.Error, RecursionError) as problem:
        raise BadToken("it is damaged") from problem
    return content


def _pins(more: Sequence[object]) -> tuple[tuple[str, int], ...]:
    match more:
        case [[*pairs]]:
            return tuple(map(_pin, pairs))
        case []:
            return ()
        case _:
            raise BadToken("it is damaged")


def _pin(pair: object) -> tuple[str, int]:
    match pair:
        case [str(name), int(sequence)] if _is_number(sequence):
            return name, sequence
        case _:
            raise BadToken("it is damaged")


def _cursor(place: object) -> Cursor:
    if _is_number(place):
        assert isinstance(place, int)
        return AtRow(place)
    if isinstance(place, list) and place and all(map(_is_scalar, place)):
        return AfterRow(tuple(place))
    raise BadToken("it is damaged")


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MAX_INT


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return value is None or isinstance(value, str | int)


def _signature(payload: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, payload, "sha256")[:_SIGNATURE_BYTES]
