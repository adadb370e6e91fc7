"""Reload this code location's definitions in place, from inside one of its own sensor ticks.

Both calls are internal to Dagster: the version is pinned and a smoke test makes them.
"""

import argparse
import os
from collections.abc import Sequence

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._grpc.client import DagsterGrpcClient
from dagster_shared.error import SerializableErrorInfo
from dagster_shared.serdes import deserialize_value, serialize_value
from dagster_shared.serdes.objects.models.defs_state_info import DefsStateInfo


class ReloadFailed(Exception):
    """The old definitions go on serving and are again those that a restart would load."""


def reload(instance: dg.DagsterInstance, keys: Sequence[str]) -> None:
    """Refresh the state, then rebuild the definitions from it. Raises ReloadFailed."""
    storage = instance.defs_state_storage
    if storage is None:
        raise ReloadFailed("the instance keeps no state of definitions")
    before = storage.get_latest_defs_state_info()
    server = own_server()
    try:
        refreshed = server.refresh_component_state(list(keys))  # makes the new state the latest one
        if refreshed.serialized_error:
            raise ReloadFailed(_message(refreshed.serialized_error))
        pins = storage.get_latest_defs_state_info()  # every key: one left out would lose its state
        reply = server.reload_code_with_state(serialize_value(pins))
    except DagsterUserCodeUnreachableError as error:
        raise ReloadFailed(f"its own server did not answer: {error}") from error
    if reply.serialized_error:
        restore(instance, keys, before)
        raise ReloadFailed(_message(reply.serialized_error))


def restore(
    instance: dg.DagsterInstance, keys: Sequence[str], before: DefsStateInfo | None
) -> None:
    """The next start of the process loads the latest state: it must not be the bad one."""
    storage = instance.defs_state_storage
    if storage is not None:
        for key in keys:
            storage.set_latest_version(key, before.get_version(key) if before else None)


def own_server() -> DagsterGrpcClient:
    """Sensors run inside `dagster api grpc`, whose options say where it listens."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--socket", "-s", default=os.environ.get("DAGSTER_GRPC_SOCKET"))
    options.add_argument("--port", "-p", type=int, default=os.environ.get("DAGSTER_GRPC_PORT"))
    found, _ = options.parse_known_args()
    if found.socket:
        return DagsterGrpcClient(socket=found.socket, host="localhost")
    return DagsterGrpcClient(host="localhost", port=found.port)


def _message(serialized: str) -> str:
    error = deserialize_value(serialized, SerializableErrorInfo)
    while error.cause:
        error = error.cause
    return error.message.strip()
