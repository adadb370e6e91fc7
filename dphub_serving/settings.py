"""Settings of the service, from the environment."""

import ipaddress
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dphub_k8s.settings import InvalidSetting, Settings, number, seconds

Links = Literal["absolute", "relative"]
POLL_REMOTE = 5.0


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """`public_url` is what links begin with; without it, the scheme and host of each request.

    `reload_token` is the bearer token of `/internal/reload-config`, which refuses without one.
    `local` is the product file, folder or pattern of the local mode. `cache_bytes` bounds the
    answers that are kept, `memory` and `spill` belong to each of the two databases. `native` is the
    folder of native files, `native_bytes` their bound; 0 is none. `root_path` is what the path of
    this service begins with for a client, unless a proxy says otherwise. Bodies are compressed from
    `compress_bytes` on; 0 is never. `link_secret` signs next links; without it, what `secret_file`
    holds. `cors` are the origins whose pages may ask; `*` is any.
    """

    lake: str
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    links: Links = "absolute"
    trusted_proxies: str = "127.0.0.1"
    root_path: str = ""
    compress_bytes: int = 1000
    reload_token: str | None = None
    poll_seconds: float = 1.0
    query_seconds: float = 30.0
    patience_seconds: float = 10.0
    workers: int = 1
    threads: int = 2
    memory: str = "512MB"
    spill: Path = Path(tempfile.gettempdir()) / "dphub-serving"
    cache_bytes: int = 64_000_000
    native: Path = Path(".dphub") / "cache"
    native_bytes: int = 4_000_000_000
    local: str | None = None
    link_secret: str | None = None
    secret_file: Path = Path(".dphub") / "link-secret"
    cors: tuple[str, ...] = ()

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> "ServingSettings":
        """Raises InvalidSetting."""
        everywhere = Settings.read(env)
        usual = cls(everywhere.lake)
        workers = number(env, "DPHUB_WORKERS", usual.workers, least=1)
        threads = max(1, _cores() // workers)
        return cls(
            lake=usual.lake,
            host=env.get("DPHUB_HOST") or usual.host,
            port=number(env, "DPHUB_PORT", usual.port),
            public_url=(env.get("DPHUB_PUBLIC_URL") or "").rstrip("/") or None,
            links=_links(env),
            trusted_proxies=_proxies(env.get("DPHUB_TRUSTED_PROXIES") or usual.trusted_proxies),
            root_path=_root_path(env.get("DPHUB_ROOT_PATH") or ""),
            compress_bytes=number(env, "DPHUB_COMPRESS_BYTES", usual.compress_bytes),
            reload_token=env.get("DPHUB_RELOAD_TOKEN") or None,
            poll_seconds=seconds(env, "DPHUB_POLL_SECONDS", _poll_seconds(usual)),
            query_seconds=seconds(env, "DPHUB_QUERY_SECONDS", usual.query_seconds),
            patience_seconds=seconds(env, "DPHUB_PATIENCE_SECONDS", usual.patience_seconds),
            workers=workers,
            threads=number(env, "DPHUB_SERVING_THREADS", threads, least=1),
            memory=env.get("DPHUB_SERVING_MEMORY") or usual.memory,
            spill=Path(env.get("DPHUB_SERVING_SPILL") or usual.spill).absolute(),
            cache_bytes=number(env, "DPHUB_SERVING_CACHE_MB", 64) * 1_000_000,
            native=Path(env.get("DPHUB_SERVING_CACHE") or everywhere.home / "cache").absolute(),
            native_bytes=number(env, "DPHUB_SERVING_CACHE_DISK_MB", 4000) * 1_000_000,
            local=env.get("DP_LOCAL_CR") or None,
            link_secret=env.get("DPHUB_LINK_SECRET") or None,
            secret_file=(everywhere.home / "link-secret").absolute(),
            cors=_origins(env),
        )


def _poll_seconds(usual: ServingSettings) -> float:
    """Of a bucket every look is a request that is paid for."""
    return POLL_REMOTE if "://" in usual.lake else usual.poll_seconds


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _proxies(text: str) -> str:
    for piece in (each.strip() for each in text.split(",")):
        try:
            if piece not in {"", "*"}:
                ipaddress.ip_network(piece)
        except ValueError as error:
            raise InvalidSetting(
                f"DPHUB_TRUSTED_PROXIES is addresses and networks, joined by commas: {error}"
            ) from error
    return text


def _root_path(text: str) -> str:
    path = text.rstrip("/")
    if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
        raise InvalidSetting(f"DPHUB_ROOT_PATH is a path such as /data, not {text!r}")
    return path


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    found = [each.strip() for each in env.get("DPHUB_CORS_ORIGINS", "").split(",") if each.strip()]
    for each in found:
        if each != "*" and not re.fullmatch(r"https?://[^/\s]+", each):
            wanted = "like https://portal.example, separated by commas, or *"
            raise InvalidSetting(f"DPHUB_CORS_ORIGINS has origins {wanted}, not {each!r}")
    return tuple(found)


def _links(env: Mapping[str, str]) -> Links:
    text = env.get("DPHUB_LINKS") or "absolute"
    if text not in ("absolute", "relative"):
        raise InvalidSetting(f"DPHUB_LINKS is absolute or relative, not {text!r}")
    return "relative" if text == "relative" else "absolute"
