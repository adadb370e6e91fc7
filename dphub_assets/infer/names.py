"""Names that a product may have, made of names that files and columns have."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import count

from dphub_k8s.admission import entity
from dphub_k8s.api.keys import ORDINAL, ROW_NUMBER
from dphub_k8s.api.noun import LONGEST_NAME, LONGEST_PRODUCT
from dphub_k8s.api.policies import RESERVED, VERSION
from dphub_k8s.api.sources import COMPRESSED, MAGIC

LONGEST_STEM = 40


def stem(path: str) -> str:
    """What a file is called, without folders, suffixes and patterns; of `data/orders/*.csv` it is
    `orders`."""
    for part in reversed(path.rstrip("/").split("/")):
        for packed in COMPRESSED:
            part = part.removesuffix(packed)
        bare = part.rpartition(".")[0] or part
        bare = re.sub(r"\[.*?\]", "", bare).strip("*?_-. ")
        if bare and not (MAGIC & set(part) and "=" in part):
            return bare[:LONGEST_STEM]
    return "data"


def product(text: str) -> str:
    name = re.sub("[^a-z0-9]+", "-", _plain(text).lower()).strip("-") or "data"
    name = name[:LONGEST_PRODUCT].strip("-")
    is_taken = name in RESERVED or re.fullmatch(VERSION, name)
    return f"{name}-data" if is_taken else name


def alias(text: str, taken: Iterable[str]) -> str:
    name = re.sub("[^A-Za-z0-9]+", "_", _plain(text)).strip("_") or "data"
    return _free(f"_{name}" if name[0].isdigit() else name, taken)


def entity_type(text: str) -> str:
    words = re.split(r"[\W_]+", text)
    return identifier("".join(word[:1].upper() + word[1:] for word in words) or "Row")


def column(text: str, taken: Iterable[str]) -> str:
    """An identifier of OData that is not yet taken, whatever the case."""
    return _free(identifier(text), [*taken, ORDINAL, ROW_NUMBER])


def identifier(text: str) -> str:
    """The text itself where it is one."""
    good = "".join(c if unicodedata.category(c) in entity.OTHER else " " for c in text)
    name = "_".join(good.split()) or "column"
    if name[0] != "_" and unicodedata.category(name[0]) not in entity.FIRST:
        name = f"_{name}"
    return name[:LONGEST_NAME]


def _plain(text: str) -> str:
    """Without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _free(name: str, taken: Iterable[str]) -> str:
    used = {other.lower() for other in taken}
    return next(found for found in _numbered(name) if found.lower() not in used)


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        end = f"_{number}"
        yield name[: LONGEST_NAME - len(end)] + end
