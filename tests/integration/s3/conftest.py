"""A bucket of a real S3 server, in the environment of the test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests import gateway
from tests.gateway import Gateway
from tests.integration.s3 import proxy
from tests.integration.s3.proxy import Proxy


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway]:
    with gateway.running(tmp_path_factory.mktemp("s3")) as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def place(server: Gateway) -> str:
    return f"s3://{gateway.BUCKET}/{uuid4().hex}"


@pytest.fixture
def door(server: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with proxy.running(server.url) as started:
        monkeypatch.setenv("AWS_ENDPOINT_URL", started.url)
        yield started
