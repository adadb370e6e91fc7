import pytest

from dphub_k8s.api.keys import (
    KeyRecipe,
    decode_part,
    encode,
    encode_part,
    key_kind,
)
from dphub_k8s.api.types import parse_type


def recipe(*types: str) -> KeyRecipe:
    return KeyRecipe("text", tuple((f"c{n}", parse_type(kind)) for n, kind in enumerate(types)))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, "_"),
        ("", ""),
        ("Sandton Ext", "Sandton_20Ext"),
        ("a.b-c", "a.b-c"),
        ("a_b", "a_5Fb"),
        ("a~b", "a_7Eb"),
        ("100%", "100_25"),
        ("_20", "_5F20"),
        ("é/\0", "_C3_A9_2F_00"),
    ],
)
def test_a_part(text: str | None, part: str) -> None:
    assert encode_part(text) == part
    if text is not None:
        assert decode_part(part) == text


@pytest.mark.parametrize(
    "part", ["_", "_2", "_zz", "_41", "_c3_a9", "_C3", "a~b", "a b", "é", "%20", "_FF", "a%"]
)
def test_what_no_value_is_encoded_to(part: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_part(part)


def test_a_key_is_decoded() -> None:
    key = encode(["Sandton Ext", "14", None, ""], 2)
    assert key == "Sandton_20Ext~14~_~~2"
    assert recipe("string", "int", "date", "string").decode(key) == ("Sandton Ext", 14, None, "", 2)


@pytest.mark.parametrize(
    "key",
    [
        *("", "a", "a~1", "a~1~0~0", "a~b~0", "a~1~", "a~1~x", "a~1~-1", "a~1~00", "a~1~+1"),
        *("a~1~1_0", "a~1~9999999999", "a~99999999999~0", "a~1.5~0", "_41~1~0", "a~~0"),
        *("a~1~\u0661", "a~1~ 0", "_FF~1~0", "_x" + "0" * 64),
    ],
)
def test_a_key_that_no_row_has(key: str) -> None:
    assert recipe("string", "int").decode(key) is None


def test_a_digest_spells_nothing() -> None:
    spelled = recipe("string")
    assert spelled.is_digest("_x" + "0" * 64)
    assert not spelled.is_digest("_~0")
    assert not spelled.is_digest(encode(["_x"], 0))


def test_kinds_of_keys() -> None:
    assert [key_kind(parse_type(kind)) for kind in ("string", "json", "long", "byte", "guid")] == [
        *("text", "text", "integer", "integer", "uuid")
    ]
    with pytest.raises(ValueError, match="not double"):
        key_kind(parse_type("double"))
