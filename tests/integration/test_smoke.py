"""Runs before every other integration test, and if it fails instead of them."""

import pytest

from tests.integration.stack import Stack, eventually, example

pytestmark = pytest.mark.integration


def test_the_hub_starts_and_builds_a_product(stack: Stack) -> None:
    stack.put(example())
    found = eventually(lambda: stack.ready() or stack.refusal(), "the product was built")
    assert found == stack.ready(), "".join(stack.log)
    rows = stack.rows(**{"$top": "1"})
    assert rows is not None
    assert [row["id"] for row in rows] == ["Eastern_20Cape~Buffalo_20City~Bo-Dorp~1~1~0"]
