"""schemathesis reads the OpenAPI document and asks what it allows, and some of what it forbids."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CheckFunction
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from tests.fuzz import hub
from tests.integration.serving_process import Service, running

CASES = int(os.environ.get("DPHUB_CASES", "300"))
SECONDS = 10
CHECKS: list[CheckFunction] = [
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]
OPERATIONS = (
    ("GET", "/"),
    ("GET", "/$metadata"),
    ("GET", "/Rows"),
    ("GET", "/Rows/$count"),
    ("GET", "/Rows('{id}')"),
    ("GET", "/Parts"),
    ("GET", "/Parts/$count"),
    ("GET", "/Parts('{id}')"),
    ("POST", "/$batch"),
)
# Without parameters and body nothing can be wrong.
BARE = {"/"}
ASKED = [
    (*operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation[1] not in BARE
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    with running(hub.publish(home)) as started:
        yield started


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_every_operation(service: Service, method: str, path: str, mode: GenerationMode) -> None:
    document = str(service.http.base_url.join("/odata/rows/openapi.json"))
    operation: Any = schemathesis.openapi.from_url(document)[path][method]
    assert any(operation.iter_parameters()) or operation.body or path in BARE

    @settings(
        max_examples=max(1, CASES // len(ASKED)),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def one(case: Any) -> None:
        response = case.call(timeout=SECONDS)
        assert response.status_code < 500 or response.status_code == 501, response.text
        case.validate_response(response, checks=CHECKS)

    one()


def test_these_are_all(service: Service) -> None:
    document = service.http.get("/odata/rows/openapi.json").json()
    offered = [
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    ]
    assert sorted(offered) == sorted(OPERATIONS)
