"""Settings come from the environment, and nonsense is named."""

from pathlib import Path

import pytest

from dphub_k8s.settings import InvalidSetting
from dphub_serving.settings import ServingSettings


def test_without_any_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ServingSettings.read({})
    assert settings.lake == str(tmp_path / ".dphub" / "lake")
    assert (settings.host, settings.port, settings.links) == ("127.0.0.1", 8000, "absolute")
    assert settings.reload_token is settings.public_url is settings.local is None
    assert settings.threads >= 1


def test_every_variable() -> None:
    settings = ServingSettings.read(
        {
            "DPHUB_HOME": "/home",
            "DPHUB_HOST": "0.0.0.0",
            "DPHUB_PORT": "80",
            "DPHUB_PUBLIC_URL": "https://x/",
            "DPHUB_LINKS": "relative",
            "DPHUB_TRUSTED_PROXIES": "10.0.0.1,10.1.0.0/16",
            "DPHUB_ROOT_PATH": "/data/",
            "DPHUB_COMPRESS_BYTES": "9",
            "DPHUB_RELOAD_TOKEN": "t",
            "DPHUB_POLL_SECONDS": "0.5",
            "DPHUB_QUERY_SECONDS": "9",
            "DPHUB_PATIENCE_SECONDS": "2.5",
            "DPHUB_WORKERS": "4",
            "DPHUB_SERVING_THREADS": "3",
            "DPHUB_SERVING_MEMORY": "1GB",
            "DPHUB_SERVING_SPILL": "/spill",
            "DPHUB_SERVING_CACHE_MB": "5",
            "DPHUB_SERVING_CACHE": "/cache",
            "DPHUB_SERVING_CACHE_DISK_MB": "7",
            "DP_LOCAL_CR": "a.yaml",
            "DPHUB_LINK_SECRET": "s",
            "DPHUB_CORS_ORIGINS": "https://a.example, http://b:8080",
        }
    )
    assert settings == ServingSettings(
        lake="/home/lake",
        host="0.0.0.0",
        port=80,
        public_url="https://x",
        links="relative",
        trusted_proxies="10.0.0.1,10.1.0.0/16",
        root_path="/data",
        compress_bytes=9,
        reload_token="t",
        poll_seconds=0.5,
        query_seconds=9.0,
        patience_seconds=2.5,
        workers=4,
        threads=3,
        memory="1GB",
        spill=Path("/spill"),
        cache_bytes=5_000_000,
        native=Path("/cache"),
        native_bytes=7_000_000,
        local="a.yaml",
        link_secret="s",
        secret_file=Path("/home/link-secret"),
        cors=("https://a.example", "http://b:8080"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DPHUB_PORT", "http"),
        ("DPHUB_LINKS", "absolut"),
        ("DPHUB_POLL_SECONDS", "soon"),
        ("DPHUB_POLL_SECONDS", "0"),
        ("DPHUB_QUERY_SECONDS", "inf"),
        ("DPHUB_SERVING_THREADS", "-1"),
        ("DPHUB_TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("DPHUB_ROOT_PATH", "data"),
        ("DPHUB_ROOT_PATH", "/a b"),
        ("DPHUB_CORS_ORIGINS", "portal.example"),
        ("DPHUB_CORS_ORIGINS", "https://portal.example/"),
    ],
)
def test_nonsense_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        ServingSettings.read({name: value})
