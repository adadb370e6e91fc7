"""Settings of the build engine, from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dphub_k8s.settings import InvalidSetting, Settings, number

URL = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[\w./-]*)?")


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """`memory_limit` as DuckDB reads it ("700MB"); it bounds the engine's buffers, not the process.

    What does not fit spills into the folder `spill`.
    """

    memory_limit: str
    threads: int
    spill: Path

    @classmethod
    def read(cls, settings: Settings, env: Mapping[str, str] = os.environ) -> "BuildSettings":
        return cls(
            memory_limit=env.get("DPHUB_BUILD_MEMORY") or "700MB",
            threads=number(env, "DPHUB_BUILD_THREADS", os.cpu_count() or 1, least=1),
            spill=Path(env.get("DPHUB_BUILD_SPILL") or settings.home / "spill"),
        )


@dataclass(frozen=True, slots=True)
class DagsterSettings:
    """`public_url` is where the service answers; `concurrent_builds` bounds the runs at a time.

    `service_urls` are asked what they serve, with `reload_token`; without any nobody is.
    """

    public_url: str
    concurrent_builds: int
    service_urls: tuple[str, ...] = ()
    reload_token: str | None = None

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "DagsterSettings":
        """Raises InvalidSetting."""
        return cls(
            public_url=(env.get("DPHUB_PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
            concurrent_builds=number(env, "DPHUB_CONCURRENT_BUILDS", os.cpu_count() or 2, least=1),
            service_urls=_urls(env.get("DPHUB_SERVICE_URLS") or ""),
            reload_token=env.get("DPHUB_RELOAD_TOKEN") or None,
        )


def _urls(text: str) -> tuple[str, ...]:
    found = tuple(url.rstrip("/") for each in text.split(",") if (url := each.strip()))
    for url in found:
        if not URL.fullmatch(url):
            raise InvalidSetting(
                f"DPHUB_SERVICE_URLS are like http://HOST:8000, joined by commas, not {url!r}"
            )
    return found
