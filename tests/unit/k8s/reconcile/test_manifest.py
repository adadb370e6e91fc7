"""Whether an object is as it is wanted."""

import pytest

from dphub_k8s.reconcile.manifest import covers

WANTED = {"spec": {"rules": [{"host": "a", "paths": ["/x"]}]}, "labels": {"a": "1"}}


def test_more_may_be_there_in_mappings() -> None:
    rules = [{"host": "a", "paths": ["/x"], "default": 1}]
    assert covers({**WANTED, "spec": {"rules": rules, "more": 1}, "status": {}}, WANTED)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {**WANTED, "labels": {}},
        {**WANTED, "labels": {"a": "2"}},
        {**WANTED, "labels": None},
        {**WANTED, "spec": {"rules": []}},
        {**WANTED, "spec": {"rules": [{"host": "b", "paths": ["/x"]}]}},
        {**WANTED, "spec": {"rules": [{"host": "a", "paths": ["/x", "/y"]}]}},
        {**WANTED, "spec": {"rules": {"host": "a"}}},
    ],
)
def test_what_is_missing_or_other_is_seen(found: object) -> None:
    assert not covers(found, WANTED)
