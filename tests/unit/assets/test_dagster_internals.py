"""What the hub relies on in Dagster beyond its public API: the version is pinned for these."""

import importlib

import pytest
from dagster._core.remote_representation.external_data import RepositoryErrorSnap
from dagster._grpc.__generated__ import dagster_api_pb2_grpc
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.server import DagsterApiServer
from dagster._serdes import serialize_value
from dagster_shared.error import SerializableErrorInfo

from dphub_assets.host import fast, location


@pytest.mark.parametrize(("module", "name"), list(fast.CONSTANTS))
def test_the_loop_constants_are_there(module: str, name: str) -> None:
    assert isinstance(getattr(importlib.import_module(module), name), (int, float))


def test_the_reload_calls_are_there() -> None:
    for name in ("RefreshComponentState", "ReloadCodeWithState"):
        assert hasattr(dagster_api_pb2_grpc.DagsterApiServicer, name)
    for name in ("refresh_component_state", "reload_code_with_state"):
        assert hasattr(DagsterGrpcClient, name)


def test_the_text_of_all_definitions_has_a_method() -> None:
    assert callable(getattr(DagsterApiServer, location.TEXT))
    fault = RepositoryErrorSnap(error=SerializableErrorInfo("no", [], None))
    assert location.FAULT in serialize_value(fault)[:200]
