"""Where the data come from."""

from pathlib import Path
from typing import Any

import pytest

from dphub_k8s.admission import admit
from tests.factories import changed, product
from tests.unit.k8s.admission.documents import TWO, source
from tests.unit.k8s.admission.refusal import is_refused, problems


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (
            changed(TWO, "spec.backend.engine", "parquet_joins"),
            "spec.backend.engine",
            "UnknownEngine",
            "did you mean 'parquet_join'?",
        ),
        (
            product(sources={"1a": {"path": "x"}}),
            'spec.backend.sources["1a"]',
            "InvalidName",
            "no digit first",
        ),
        (
            product(sources={"a": {"path": "x"}, "A": {"path": "y"}}),
            "spec.backend.sources.A",
            "Duplicate",
            "only in case",
        ),
        (source(path="../x"), "spec.backend.sources.orders.path", "PathEscapes", "'..'"),
        (source(path="a/../../x"), "spec.backend.sources.orders.path", "PathEscapes", "'..'"),
        (
            source(path="gs://a/b"),
            "spec.backend.sources.orders.path",
            "UnknownScheme",
            "known: file",
        ),
        (
            source(path="s3://bucket/*.parquet"),
            "spec.backend.sources.orders.path",
            "InvalidPath",
            "one object",
        ),
        (source(path="https://u:p@h/x.csv"), "spec.backend.sources.orders.path", "Secret", "user"),
        *(
            (source(path=path), "spec.backend.sources.orders.path", "InvalidPath", "is no URL")
            for path in ("http://[::1", "https:///x.csv", "http://h:99999/x.csv", "s3://b:x/y.csv")
        ),
        (source(format="xml"), "spec.backend.sources.orders.format", "UnknownFormat", "csv"),
        (
            source(options={"delimiter": ";"}),
            "spec.backend.sources.orders.options",
            "NotApplicable",
            "this is parquet",
        ),
        (source(hive=True), "spec.backend.sources.orders.hive", "NotApplicable", "**/*.parquet"),
        (
            source(path="a*", format="delta"),
            "spec.backend.sources.orders.path",
            "NotApplicable",
            "no pattern",
        ),
        (
            source(path="a.csv", options={"delimiter": '"'}),
            "spec.backend.sources.orders.options",
            "Ambiguous",
            "quote and delimiter",
        ),
        *(
            (
                source(path="a.csv", options=options),
                "spec.backend.sources.orders.options",
                "NotApplicable",
                "a line end separates rows",
            )
            for options in ({"delimiter": "\n"}, {"quote": "\r"})
        ),
        *(
            (source(path="a.csv", **said), place, "UnknownField", f"did you mean '{near}'")
            for said, place, near in (
                (
                    {"options": {"delimeter": ";"}},
                    "spec.backend.sources.orders.options.delimeter",
                    "delimiter",
                ),
                (
                    {"publish": {"entityset": "Os", "entitySet": "Os", "key": "k"}},
                    "spec.backend.sources.orders.publish.entityset",
                    "entitySet",
                ),
            )
        ),
        (source(path="a\0b"), "spec.backend.sources.orders.path", "InvalidPath", "characters"),
        (
            changed(TWO, "spec.backend.sources.items", {"rename": {}}),
            "spec.backend.sources.items.path",
            "Missing",
            "(or 'product'",
        ),
        (source(product="a"), "spec.backend.sources.orders", "Ambiguous", "not both"),
        (
            changed(TWO, "spec.backend.sources.items", {"product": "My Items"}),
            "spec.backend.sources.items.product",
            "InvalidName",
            "such as 'my-items'",
        ),
        (source(path=""), "spec.backend.sources.orders.path", "OutOfRange", "1 character"),
        (
            source(rename={"a": "x", "b": "X"}),
            "spec.backend.sources.orders.rename.b",
            "RenameCollision",
            "'a' and 'b' are all renamed to 'X'",
        ),
        (
            source(rename={"x": "x", "y": "x"}),
            "spec.backend.sources.orders.rename.y",
            "RenameCollision",
            "'x' and 'y'",
        ),
        (
            source(rename={"x": ""}),
            "spec.backend.sources.orders.rename.x",
            "InvalidName",
            "never empty",
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(
    document: Any, path: str, reason: str, message: str
) -> None:
    is_refused(document, path, reason, message)


@pytest.mark.parametrize(
    ("path", "roots", "accepted"),
    [
        ("/data/a.parquet", ("/data",), True),
        ("/data/a.parquet", None, True),
        ("/database/a.parquet", ("/data",), False),
        ("/etc/passwd", ("/data", "/srv"), False),
        ("/etc/passwd", (), False),
        ("a.parquet", (), True),
    ],
)
def test_absolute_paths_stay_within_the_roots(
    path: str, roots: tuple[str, ...] | None, accepted: bool
) -> None:
    allowed = None if roots is None else tuple(map(Path, roots))
    if accepted:
        admit(source(path=path), roots=allowed)
    else:
        (problem,) = problems(source(path=path), roots=allowed)
        assert problem.reason == "OutsideRoots"
        assert "DPHUB_ALLOWED_ROOTS" in problem.message
