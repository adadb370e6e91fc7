"""Every place of a lake: a folder, and a bucket of a real S3 server."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from dphub_assets.lake.objects import Objects
from dphub_assets.lake.place import objects_at
from tests import gateway
from tests.gateway import Gateway


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway.running(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture(
    params=["folder", pytest.param("bucket", marks=pytest.mark.integration)],
)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "lake")
    server: Gateway = request.getfixturevalue("server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{gateway.BUCKET}/{uuid4().hex}"


@pytest.fixture
def objects(place: str, tmp_path: Path) -> Objects:
    return objects_at(place, tmp_path / "work")
