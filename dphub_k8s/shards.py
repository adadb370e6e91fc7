"""Which code location has which products: by a hash of the name, so that none ever has to move."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from dphub_k8s.settings import InvalidSetting, number

LOCATION = "dphub"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count`, numbered from 0."""

    number: int = 0
    count: int = 1

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "Shard":
        """Raises InvalidSetting."""
        shard = cls(number(env, "DPHUB_SHARD", 0), number(env, "DPHUB_SHARDS", 1, least=1))
        if shard.number >= shard.count:
            raise InvalidSetting(
                f"DPHUB_SHARD is below DPHUB_SHARDS ({shard.count}), not {shard.number}"
            )
        return shard

    @property
    def location(self) -> str:
        return LOCATION if self.count == 1 else f"{LOCATION}-{self.number}"

    def holds(self, product: str) -> bool:
        digest = hashlib.sha256(product.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number


def all_of(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(count)]


def number_of(location: str) -> int:
    """Of the shard with this code location."""
    return int(location.removeprefix(LOCATION).removeprefix("-") or 0)
