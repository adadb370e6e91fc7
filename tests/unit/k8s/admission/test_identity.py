"""Names, paths and domains."""

from typing import Any

import pytest

from tests.factories import product
from tests.unit.k8s.admission.refusal import is_refused


@pytest.mark.parametrize(
    ("document", "path", "reason", "message"),
    [
        (product("My_Orders"), "metadata.name", "InvalidName", "such as 'my-orders'"),
        (product("a" * 53), "metadata.name", "InvalidName", "at most 52"),
        (product("-a"), "metadata.name", "InvalidName", "such as 'a'"),
        (product("lineage"), "metadata.name", "Reserved", "the service uses itself"),
        (product("v1"), "metadata.name", "Reserved", "give an api.path"),
        (product(api={"path": "/Catalog"}), "spec.api.path", "Reserved", "'/Catalog'"),
        (product(api={"path": "/openapi.json"}), "spec.api.path", "Reserved", "uses itself"),
        (product(api={"path": "orders"}), "spec.api.path", "InvalidPath", "such as '/orders'"),
        (product(api={"path": "/a/b"}), "spec.api.path", "InvalidPath", "such as '/a-b'"),
        (product(api={"path": "/a@3"}), "spec.api.path", "InvalidPath", "such as '/a-3'"),
        (product(api={"path": "/a('b')"}), "spec.api.path", "InvalidPath", "such as '/a-b'"),
        (product(api={"path": "/$all"}), "spec.api.path", "InvalidPath", "such as '/all'"),
        (product(api={"path": "/.."}), "spec.api.path", "InvalidPath", "one segment"),
        (product(api={"path": "/"}), "spec.api.path", "InvalidPath", "one segment"),
        (product(api={"protocol": "soap"}), "spec.api.protocol", "UnknownProtocol", "known: odata"),
        (product(domain="api"), "spec.domain", "Reserved", "the service uses itself"),
        (product(domain="a/b"), "spec.domain", "InvalidName", "without '/'"),
    ],
)
def test_a_name_that_nobody_can_ask_for_is_refused(
    document: Any, path: str, reason: str, message: str
) -> None:
    is_refused(document, path, reason, message)
