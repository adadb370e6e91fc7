"""What was not asked for longest goes first."""

from dphub_serving.rows.lru import Lru


def test_the_longest_unused_goes() -> None:
    kept: Lru[str, int] = Lru(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_weight_is_what_counts() -> None:
    kept: Lru[str, bytes] = Lru(10, len)
    kept.put("a", b"12345")
    kept.put("b", b"12345")
    kept.put("a", b"1")
    kept.put("c", b"1234")
    assert kept.get("b") == b"12345"
    kept.put("d", b"1" * 10)
    assert [kept.get(key) for key in "abcd"] == [None, None, None, b"1" * 10]


def test_what_is_too_heavy_is_not_kept() -> None:
    kept: Lru[str, bytes] = Lru(10, len)
    kept.put("a", b"1")
    kept.put("b", b"1" * 11)
    assert kept.get("b") is None
    assert kept.get("a") == b"1"
