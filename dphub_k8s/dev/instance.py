"""The files of a Dagster instance of the hub."""

import json
from collections.abc import Mapping
from pathlib import Path

from dphub_k8s.shards import LOCATION, Shard

HOST = "127.0.0.1"

# The same texts as `dagster.yaml` and `workspace.yaml` at the root of the repository.
DAGSTER_YAML = """\
# What a Dagster instance of the hub needs; `dphub dev` writes the same into its home.
storage:
  sqlite:
    base_dir:
      env: DPHUB_DAGSTER_STORAGE
# Without monitoring a killed worker leaves its run STARTED for ever, and the sensor waits for it.
run_monitoring:
  enabled: true
  start_timeout_seconds: 60
  poll_interval_seconds: 5
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
# Forks run workers from a warm process where one listens at DPHUB_WARM_SOCKET.
run_launcher:
  module: dphub_assets.launcher.warm
  class: WarmRunLauncher
sensors:
  use_threads: true
  num_workers: 4
  num_submit_workers: 4
retention:
  sensor:
    purge_after_days:
      skipped: 1
      success: 7
      failure: 30
      started: 7
# The console would show every event of every run; the UI has them all.
python_logs:
  python_log_level: INFO
telemetry:
  enabled: false
nux:
  enabled: false
"""
WORKSPACE_YAML = f"""\
# The hub's code location, served by `dagster api grpc -m dphub_assets.definitions`.
load_from:
  - grpc_server:
      host: 127.0.0.1
      port:
        env: DPHUB_CODE_PORT
      location_name: {LOCATION}
"""


def workspace(ports: Mapping[Shard, int]) -> str:
    """The same for shards, whose ports are those of this start."""
    servers = [
        {"grpc_server": {"host": HOST, "port": port, "location_name": shard.location}}
        for shard, port in ports.items()
    ]
    return json.dumps({"load_from": servers}, indent=2)


def write(home: Path, ports: Mapping[Shard, int]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    (home / "workspace.yaml").write_text(workspace(ports) if len(ports) > 1 else WORKSPACE_YAML)
