"""Which ConfigMap of the export has which product. Pure."""

from collections.abc import Iterator, Mapping, Sequence

# A ConfigMap holds 1 MiB.
LIMIT = 900 * 1024

Shard = dict[str, str]
Shards = list[Shard]


def assigned(texts: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> Shards:
    """What has not changed stays where it is; the rest does too, if there is room, or goes where
    there is. The first shard is always there."""
    shards: Shards = list(_kept(texts, before)) or [{}]
    homes = {name: number for number, shard in enumerate(before) for name in shard}
    settled = {name for shard in shards for name in shard}
    sizes = [sum(map(size, shard, shard.values())) for shard in shards]
    for name in sorted(texts.keys() - settled):
        more = size(name, texts[name])
        numbers = [homes[name]] if name in homes else []
        numbers += range(len(shards))
        number = next((each for each in numbers if sizes[each] + more <= LIMIT), len(shards))
        if number == len(shards):
            shards.append({})
            sizes.append(0)
        shards[number][name] = texts[name]
        sizes[number] += more
    while len(shards) > 1 and not shards[-1]:
        shards.pop()
    return shards


def size(name: str, text: str) -> int:
    return len(name) + len(text.encode())


def _kept(texts: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> Iterator[Shard]:
    """Of a name in two shards, the first: a move was broken off."""
    seen: set[str] = set()
    for shard in before:
        kept = {
            name: text
            for name, text in shard.items()
            if name not in seen and texts.get(name) == text
        }
        seen |= kept.keys()
        yield kept
