"""Which ConfigMap of the export has which product. Pure."""

from collections.abc import Iterator, Mapping, Sequence

# A ConfigMap holds 1 MiB.
LIMIT = 900 * 1024

Part = dict[str, str]
Parts = list[Part]


def assigned(texts: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> Parts:
    """What has not changed stays where it is; the rest does too, if there is room, or goes where
    there is. The first part is always there."""
    parts: Parts = list(_kept(texts, before)) or [{}]
    homes = {name: number for number, part in enumerate(before) for name in part}
    settled = {name for part in parts for name in part}
    sizes = [sum(map(size, part, part.values())) for part in parts]
    for name in sorted(texts.keys() - settled):
        more = size(name, texts[name])
        numbers = [homes[name]] if name in homes else []
        numbers += range(len(parts))
        number = next((each for each in numbers if sizes[each] + more <= LIMIT), len(parts))
        if number == len(parts):
            parts.append({})
            sizes.append(0)
        parts[number][name] = texts[name]
        sizes[number] += more
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def size(name: str, text: str) -> int:
    return len(name) + len(text.encode())


def _kept(texts: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> Iterator[Part]:
    """Of a name in two parts, the first: a move was broken off."""
    seen: set[str] = set()
    for part in before:
        kept = {
            name: text
            for name, text in part.items()
            if name not in seen and texts.get(name) == text
        }
        seen |= kept.keys()
        yield kept
