"""A token survives its journey unchanged, or is refused."""

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dphub_serving.odata import token
from dphub_serving.odata.errors import BadToken
from dphub_serving.odata.token import AfterRow, AtRow, SkipToken

NUMBERS = st.integers(0, 2**63 - 1)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.text(max_size=40),
)
CURSORS = st.one_of(
    NUMBERS.map(AtRow),
    st.lists(SCALARS, min_size=1, max_size=6).map(lambda values: AfterRow(tuple(values))),
)
TOKENS = st.builds(
    SkipToken, st.text(max_size=20), NUMBERS, CURSORS, st.none() | NUMBERS, st.booleans()
)


@given(TOKENS)
def test_round_trip(given_token: SkipToken) -> None:
    assert token.read(token.write(given_token)) == given_token


@given(TOKENS, st.data())
def test_no_changed_character_goes_unnoticed(given_token: SkipToken, data: st.DataObject) -> None:
    text = token.write(given_token)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.characters()) + text[at + 1 :]
    assume(changed != text)
    with pytest.raises(BadToken):
        token.read(changed)


@given(st.text())
def test_any_text_is_a_token_or_a_bad_one(text: str) -> None:
    with suppress(BadToken):
        assert token.write(token.read(text)) == text
