"""What a tree prints is read as that tree; what is spoiled is read or refused at its place."""

import dataclasses
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dphub_serving.odata import parser
from tests import odata_text
from tests.property import odata_trees as trees
from tests.property.test_odata_text import refusal

RULES: dict[str, tuple[Any, Callable[[Any], str], Callable[[str], Any]]] = {
    "$filter": (trees.EXPRESSIONS, odata_text.expression, lambda text: parser.expression(text, "")),
    "$orderby": (trees.ORDER, odata_text.orderby, parser.orderby),
    "$compute": (trees.COMPUTE, odata_text.compute, parser.compute),
    "$select": (trees.SELECT, odata_text.select, parser.select),
    "$expand": (trees.EXPAND, odata_text.expand, parser.expand),
    "$search": (trees.searched(), odata_text.search, parser.searched),
    "$apply": (trees.SEQUENCES, odata_text.sequence, parser.apply),
}
PIECES = st.sampled_from(
    [
        *[
            "(",
            ")",
            ",",
            ";",
            "/",
            "'",
            '"',
            "[",
            "{",
            ":",
            "=",
            "$",
            "@",
            "#",
            "*",
            "-",
            " ",
            "\n",
        ],
        *[
            "$count",
            "$filter=",
            "any(",
            " eq ",
            " in (",
            "not ",
            "null",
            "1",
            "é",
            "\x00",
            "\ud800",
        ],
    ]
)


def placeless(tree: Any) -> Any:
    """The same tree with every position at 0."""
    if isinstance(tree, tuple):
        return tuple(map(placeless, tree))
    if not dataclasses.is_dataclass(tree) or isinstance(tree, type):
        return tree
    values = {each.name: placeless(getattr(tree, each.name)) for each in dataclasses.fields(tree)}
    return type(tree)(**{**values, **({"at": 0} if "at" in values else {})})


# An option with a tree and a text that says it.
Said = tuple[str, Any, str]


def said(option: str) -> st.SearchStrategy[Said]:
    drawn, show, _ = RULES[option]
    found: st.SearchStrategy[Said] = drawn.map(lambda tree: (option, tree, show(tree)))
    return found


SAID = st.sampled_from(list(RULES)).flatmap(said)


@settings(max_examples=300)
@given(found=SAID)
def test_a_tree_reads_as_it_is_printed(found: Said) -> None:
    option, tree, text = found
    assert placeless(RULES[option][2](text)) == placeless(tree)


@settings(max_examples=300)
@given(
    found=SAID, places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), PIECES), max_size=3)
)
def test_what_is_spoiled_is_read_or_names_its_place(
    found: Said, places: list[tuple[float, int, str]]
) -> None:
    option, _, text = found
    for where, length, piece in places:
        start = int(where * len(text))
        text = text[:start] + piece + text[start + length :]
    if problem := refusal(RULES[option][2], text):
        assert problem.status in {400, 501}
        assert problem.at is not None
        assert 0 <= problem.at <= len(text)
