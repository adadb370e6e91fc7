"""Settings of every process: a value that makes no sense is refused by name."""

from datetime import timedelta
from pathlib import Path

import pytest

from dphub_assets.settings import BuildSettings, DagsterSettings
from dphub_k8s.settings import InvalidSetting, Settings


def test_everything_has_a_default() -> None:
    found = Settings.read({})
    assert (found.products, found.home) == (Path.cwd() / "products", Path.cwd() / ".dphub")
    assert found.allowed_roots == (Path.cwd(),)
    assert found.link_lifetime == timedelta(days=1)


def test_a_star_allows_every_root() -> None:
    assert Settings.read({"DPHUB_ALLOWED_ROOTS": "*"}).allowed_roots is None


def test_roots_may_be_buckets_and_are_the_same_when_handed_on() -> None:
    roots = Settings.read({"DPHUB_ALLOWED_ROOTS": "/a:s3://bucket/in:s3://other"}).allowed_roots
    assert roots == (Path("/a"), Path("s3://bucket/in"), Path("s3://other"))
    assert Settings.read({"DPHUB_ALLOWED_ROOTS": ":".join(map(str, roots))}).allowed_roots == roots


def test_roots_may_be_web_servers_with_a_port() -> None:
    roots = Settings.read({"DPHUB_ALLOWED_ROOTS": "http://h:80/a:https://i:81:/b"}).allowed_roots
    assert roots == (Path("http://h:80/a"), Path("https://i:81"), Path("/b"))


def test_the_lake_is_in_the_home_or_where_it_is_said_to_be() -> None:
    assert Settings.read({"DPHUB_HOME": "/h"}).lake == "/h/lake"
    assert Settings.read({"DPHUB_LAKE": "lake"}).lake == str(Path.cwd() / "lake")
    assert Settings.read({"DPHUB_LAKE": "s3://bucket/a/b/"}).lake == "s3://bucket/a/b"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DPHUB_LINK_LIFETIME_SECONDS", "a day"),
        ("DPHUB_LINK_LIFETIME_SECONDS", "-1"),
        ("DPHUB_HOME", "/tmp/a[b]"),
        ("DPHUB_LAKE", "/tmp/a[b]"),
        ("DPHUB_LAKE", "gs://bucket"),
        ("DPHUB_LAKE", "s3://"),
        ("DPHUB_BUILD_THREADS", "two"),
        ("DPHUB_BUILD_THREADS", "0"),
        ("DPHUB_CONCURRENT_BUILDS", "1.5"),
        ("DPHUB_CONCURRENT_BUILDS", "0"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(name: str, value: str) -> None:
    env = {name: value}
    with pytest.raises(InvalidSetting, match=name):
        read_all(env)


def read_all(env: dict[str, str]) -> None:
    BuildSettings.read(Settings.read(env), env)
    DagsterSettings.read(env)


def test_the_service_has_any_number_of_urls() -> None:
    assert DagsterSettings.read({"DPHUB_SERVICE_URLS": ""}).service_urls == ()
    found = DagsterSettings.read({"DPHUB_SERVICE_URLS": "http://a:8000/, https://[::1]:8/hub"})
    assert found.service_urls == ("http://a:8000", "https://[::1]:8/hub")


@pytest.mark.parametrize("text", ["a:8000", "ftp://a", "http://", "http://a:port", "http://a b"])
def test_a_service_that_has_no_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="DPHUB_SERVICE_URLS"):
        DagsterSettings.read({"DPHUB_SERVICE_URLS": text})
