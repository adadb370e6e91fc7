"""Files of a web server, which is a real one."""

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.glimpse import Glimpses
from dphub_assets.sources.remote import Remote
from dphub_k8s.api.sources import Source
from tests import build_products, factories

CSV = b"x,y\n1,a\n2,b\n"


@dataclass
class Site:
    """What a path answers: status, headers, body; and what was asked."""

    url: str
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    head_is_refused: bool = False

    def remote(self, path: str) -> Remote:
        return Remote(self.url + path, Source(path=self.url + path))


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(f"{self.command} {self.path}")
            status, headers, body = found.pages.get(self.path, (404, {}, b""))
            if self.command == "GET" and (status == 405 or found.head_is_refused):
                status = 200
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815  the name that the server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_build_reads_a_copy(tmp_path: Path, site: Site) -> None:
    site.pages["/a.csv.gz?day=1"] = (200, {"ETag": '"1"'}, gzip.compress(CSV))
    url = f"{site.url}/a.csv.gz?day=1"
    product = factories.admitted(sources={"a": {"path": url}}, columns={"x": "int", "y": "string"})
    made = build_products.builder(tmp_path)
    snapshot = build_products.build(made, product)
    assert [row[:2] for row in build_products.stored(made, snapshot)] == [(1, "a"), (2, "b")]
    (source,) = snapshot.document.sources
    assert (source.location, source.version) == (url, made.locations(product)["a"].version())
    assert url in snapshot.document.sql


def test_the_version_is_of_tag_and_time(site: Site) -> None:
    remote = site.remote("/a.csv")
    seen = []
    for headers in ({"ETag": '"1"'}, {"ETag": '"2"'}, {"Last-Modified": "x"}):
        site.pages["/a.csv"] = (200, headers, CSV)
        seen.append(remote.version())
        assert remote.version() == seen[-1]
    assert len(set(seen)) == 3
    site.pages["/a.csv"] = (405, {"ETag": '"2"'}, CSV)
    assert remote.version() == seen[1]
    assert site.asked[-2:] == ["HEAD /a.csv", "GET /a.csv"]


def test_a_url_may_be_signed_for_get_alone(site: Site) -> None:
    site.pages["/a.csv"] = (403, {"ETag": '"1"'}, CSV)
    with pytest.raises(SourceMissing, match="403"):
        site.remote("/a.csv").version()
    site.head_is_refused = True
    assert site.remote("/a.csv").version()


@pytest.mark.parametrize("path", ["/a.csv", "/a.csv.gz"])
def test_what_is_packed_for_the_way_is_unpacked(tmp_path: Path, site: Site, path: str) -> None:
    site.pages[path] = (200, {"ETag": '"1"', "Content-Encoding": "gzip"}, gzip.compress(CSV))
    with duckdb.connect() as connection:
        read = site.remote(path).relation(connection, tmp_path)
        found = connection.execute(f"FROM {read.sql}").fetchall()
    assert found == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize("path", ["/a.csv", "/a.json", "/a.parquet"])
def test_what_is_wrong_with_a_copy_is_told_of_the_url(
    tmp_path: Path, site: Site, path: str
) -> None:
    site.pages[path] = (200, {"ETag": '"1"'}, b'x,y\n1,2\n"3')
    product = factories.admitted(sources={"a": {"path": site.url + path}}, columns={"x": "int"})
    with pytest.raises(SourceUnreadable, match=f"^{site.url}{path} is not readable") as caught:
        build_products.build(build_products.builder(tmp_path), product)
    assert str(tmp_path) not in str(caught.value)


def test_what_a_server_may_not_say(tmp_path: Path, site: Site) -> None:
    site.pages["/a.csv"] = (200, {}, CSV)
    site.pages["/away.csv"] = (302, {"Location": "file:///etc/passwd"}, b"")
    site.pages["/round.csv"] = (302, {"Location": "/round.csv"}, b"")
    with pytest.raises(SourceUnreadable, match="neither ETag nor Last-Modified"):
        site.remote("/a.csv").version()
    for path, told in (("/none.csv", "404"), ("/away.csv", "file"), ("/round.csv", "redirects")):
        with pytest.raises(SourceMissing, match=told):
            site.remote(path).version()
    with pytest.raises(SourceMissing, match="refused"):
        Remote("http://127.0.0.1:1/x.csv", Source(path="http://127.0.0.1:1/x.csv")).version()
    small = Remote(f"{site.url}/a.csv", Source(path="/a.csv"), most_bytes=5)
    with duckdb.connect() as connection, pytest.raises(SourceUnreadable, match="more than 5 bytes"):
        small.relation(connection, tmp_path)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.org", "a.invalid"])
def test_a_host_that_is_none_is_a_source_that_is_missing(tmp_path: Path, host: str) -> None:
    url = f"http://{host}/a.csv"
    product = factories.admitted(sources={"a": {"path": url}})
    location = build_products.builder(tmp_path).locations(product)["a"]
    with pytest.raises(SourceMissing, match=url):
        location.version()


def test_hosts_must_be_allowed(tmp_path: Path, site: Site) -> None:
    made = build_products.builder(tmp_path, roots=(Path("http://other"), tmp_path))
    product = factories.admitted(sources={"a": {"path": f"{site.url}/a.csv"}})
    with pytest.raises(SourceForbidden, match="outside the allowed roots"):
        made.locations(product)


def test_a_tick_never_waits(site: Site) -> None:
    now = [0.0]
    glimpses = Glimpses(lifetime=10, clock=lambda: now[0])
    site.pages["/a.csv"] = (200, {"ETag": '"1"'}, CSV)
    remote = site.remote("/a.csv")
    with pytest.raises(SourceMissing, match="has not answered yet"):
        glimpses.version(remote)
    first = heard(glimpses, remote)
    assert first == remote.version()
    site.asked.clear()
    site.pages["/a.csv"] = (200, {"ETag": '"2"'}, CSV)
    assert [glimpses.version(remote) for _ in range(20)] == [first] * 20
    assert not site.asked
    now[0] = 10
    assert glimpses.version(remote) == first
    assert heard(glimpses, remote, but=first) == remote.version()


def heard(glimpses: Glimpses, remote: Remote, but: str = "") -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if (found := glimpses.version(remote)) != but:
                return found
        except SourceMissing:
            pass
        time.sleep(0.01)
    raise AssertionError("nothing new was heard")
