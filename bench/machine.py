"""The machine that a benchmark runs on. Linux only, as all measuring here: it reads /proc."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("duckdb", "pyarrow", "deltalake", "dagster", "uvicorn", "fastapi")


def facts() -> dict[str, str | float]:
    """By name, in the order of reading."""
    return {
        "machine.cpu": _first("/proc/cpuinfo", "model name"),
        "machine.cores": len(os.sched_getaffinity(0)),
        "machine.memory": round(_kib("MemTotal") / 1024**2, 1),
        "machine.load": load(),
        "machine.python": platform.python_version(),
        **{f"machine.{name}": found for name in PACKAGES if (found := _version(name))},
    }


def load() -> float:
    """The load average of the last minute: what others are doing shows in every number."""
    return round(os.getloadavg()[0], 2)


def _first(file: str, field: str) -> str:
    """The value of a `field : value` line."""
    for line in Path(file).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return platform.machine()


def _kib(field: str) -> int:
    return int(_first("/proc/meminfo", field).split()[0])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
