"""Every product is in one shard, and stays there."""

import pytest

from dphub_k8s import shards
from dphub_k8s.settings import InvalidSetting
from dphub_k8s.shards import Shard

NAMES = [f"product-{number}" for number in range(3_000)]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_product_is_in_one_shard(count: int) -> None:
    held = [[name for name in NAMES if shard.holds(name)] for shard in shards.all_of(count)]
    assert sorted(name for names in held for name in names) == sorted(NAMES)
    assert min(map(len, held)) > 0.8 * len(NAMES) / count


def test_the_hash_is_the_same_in_every_release() -> None:
    first = Shard(0, 3)
    assert [number for number in range(10) if first.holds(f"product-{number}")] == [5, 7]


def test_what_the_environment_says() -> None:
    assert Shard.read({}) == Shard(0, 1)
    assert Shard.read({}).location == "dphub"
    assert Shard.read({"DPHUB_SHARDS": "3", "DPHUB_SHARD": "2"}).location == "dphub-2"
    with pytest.raises(InvalidSetting, match="DPHUB_SHARD is below"):
        Shard.read({"DPHUB_SHARDS": "3", "DPHUB_SHARD": "3"})


@pytest.mark.parametrize("count", [1, 2, 12])
def test_a_location_tells_its_shard(count: int) -> None:
    for shard in shards.all_of(count):
        assert shards.number_of(shard.location) == shard.number
