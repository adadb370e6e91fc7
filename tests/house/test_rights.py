"""The table of rights in docs/kubernetes.md is that of the manifests."""

from collections import defaultdict
from itertools import accumulate
from pathlib import Path

from tests.kube.rights import ACCOUNT, HOME, SERVING, granted, manifests

PAGE = Path(__file__).parents[2] / "docs" / "kubernetes.md"
WHERE = {"all namespaces, or each of `DPHUB_NAMESPACES`": None, "the hub's namespace": HOME}


def rows() -> list[tuple[str, ...]]:
    """With what an empty cell takes over from the row above."""
    section = PAGE.read_text().partition("## RBAC\n")[2].partition("\n## ")[0]
    lines = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in line) for line in lines[2:]]
    return list(accumulate(cells, lambda above, row: (*inherited(above[:2], row[:2]), *row[2:])))


def inherited(above: tuple[str, ...], row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell or last for cell, last in zip(row, above, strict=True))


def test_the_page_tells_the_rights_of_the_hub() -> None:
    given = defaultdict(set)
    for right in granted(manifests("rbac.yaml")):
        given[right.namespace, f"`{right.resource}`"].add(right.verb)
    told = {
        (WHERE[where], what): set(verbs.split(", "))
        for account, where, what, verbs in rows()
        if account == f"`{ACCOUNT}`"
    }
    assert told == given


def test_the_page_tells_that_the_service_has_none() -> None:
    (row,) = (row for row in rows() if row[0] == f"`{SERVING}`")
    assert row[2:] == ("nothing, and no token", "")
