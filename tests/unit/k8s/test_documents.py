from pathlib import Path

import pytest

from dphub_k8s import documents
from dphub_k8s.documents import Unreadable, parse


def read(text: str, file: str = "a.yaml") -> object:
    (only,) = parse(text, file)
    return only.document


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("on: [a, b]", {"on": ["a", "b"]}),
        ("'on': [a]", {"on": ["a"]}),
        ("rename: {no: number, yes: y}", {"rename": {"no": "number", "yes": "y"}}),
        ("true: 1", {"true": 1}),
        ("since: 2024-01-31", {"since": "2024-01-31"}),
        ("2024-01-31: x", {"2024-01-31": "x"}),
        ("at: 12:30", {"at": "12:30"}),
        ("a: 1\nb: 1.5\nc: true\nd: ~\ne: '1'", {"a": 1, "b": 1.5, "c": True, "d": None, "e": "1"}),
        ("a: =", {"a": "="}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, c: 1}\nd: {<<: *x, c: 2}", {"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 2}}),
        ('{\n\t"a": [1, "ü"]}', {"a": [1, "ü"]}),
        ("\ufeffa: 1", {"a": 1}),
        ("! a: b", {"a": "b"}),
    ],
)
def test_yaml_becomes_a_document(text: str, document: object) -> None:
    assert read(documents.decode(text.encode(), "a.yaml")) == document


def test_json_becomes_a_document() -> None:
    assert read('{"on": ["a"], "b": null}', "a.json") == {"on": ["a"], "b": None}


@pytest.mark.parametrize(
    ("text", "place", "reason", "message"),
    [
        ("a: b: c", "a.yaml:1:5", "NotYaml", "mapping values are not allowed"),
        ("a:\n  - 'x", "a.yaml:2:7", "NotYaml", "unexpected end of stream"),
        ("ü: 1\nb: \x01", "a.yaml:2:4", "NotYaml", "control characters are not allowed"),
        ("a: *b", "a.yaml:1:4", "NotYaml", "no anchor 'b'"),
        ("a: &b [*b]", "a.yaml:1:8", "NotYaml", "no anchor 'b'"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "a.yaml:4:3", "Duplicate", "'c' is written twice"),
        ("on: 1\n'on': 2", "a.yaml:2:1", "Duplicate", "'on' is written twice"),
        ("a: {1: b}", "a.yaml:1:5", "NotAName", "put '1' in quotes"),
        ("? [a]\n: 1", "a.yaml:1:3", "NotAName", "a field's name is a text"),
        ("a: .nan", "a.yaml:1:4", "NotAValue", "'.nan' is no number of JSON"),
        ("a: !!binary eA==", "a.yaml:1:4", "NotAValue", "put the value in quotes"),
        ("a: " + "1" * 5000, "a.yaml:1:4", "NotAValue", "no number of JSON"),
        ("a: {<<: 1}", "a.yaml:1:5", "NotYaml", "'<<' takes a mapping"),
        ("a: 1\n---\n- b", "a.yaml:3:1", "NotADocument", "a mapping of fields"),
        ("[" * 600_000, "a.yaml:1:51", "TooDeep", "nested more than 50"),
        ("- " * 500_000, "a.yaml:1:101", "TooDeep", "nested more than 50"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(
    text: str, place: str, reason: str, message: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text, "a.yaml")
    assert (caught.value.problem.path, caught.value.problem.reason) == (place, reason)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "'a' is written twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": "\\ud800"}', "surrogates"),
        ("[1]", "an object of fields"),
        ("[" * 100_000, "recursion"),
        ('{"a":\n 1,}', "a.json:2"),
    ],
)
def test_what_is_no_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text, "a.json")
    assert message in str(caught.value)


def test_aliases_that_multiply_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Unreadable, match="more than 100,000 values"):
        parse("\n".join(rows), "a.yaml")


def test_each_document_knows_its_place() -> None:
    text = "# orders\na: 1\n---\n# nothing here\n---\nb: 2\n...\n%YAML 1.1\n---\nc: 3\n"
    found = [(one.document, one.origin, one.end, one.marked) for one in parse(text, "a.yaml")]
    assert found == [
        ({"a": 1}, "a.yaml:2", 3, False),
        ({"b": 2}, "a.yaml:5", 8, True),
        ({"c": 3}, "a.yaml:8", 11, True),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n---\n"])
def test_empty_documents_are_passed_over(text: str) -> None:
    assert parse(text, "a.yaml") == ()


def test_size_and_encoding_are_checked_before_anything_else(tmp_path: Path) -> None:
    large, wrong = tmp_path / "large.yaml", tmp_path / "wrong.yaml"
    large.write_bytes(b"# " + b"x" * documents.LONGEST)
    wrong.write_bytes(b"a: 1\nb: \xff")
    with pytest.raises(Unreadable, match="more than 1 MiB"):
        documents.read(large)
    with pytest.raises(Unreadable, match=r"wrong.yaml:2: byte 8 is no UTF-8"):
        documents.read(wrong)


def test_what_is_dumped_reads_back() -> None:
    texts = ["no", "12:30", "2024-01-01", "1e3", "=", "", "ü", "a\nb\n", "~", "x" * 200, " a "]
    document = {"on": texts, "b": [1, 1.5, 1e20, True, {}], "<<": "c"}
    assert read(documents.dump(document)) == document
