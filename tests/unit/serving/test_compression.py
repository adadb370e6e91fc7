"""Bodies as gzip and zstd, and what stays as it is."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd

from dphub_assets.lake.writer import Lake
from dphub_serving.edge.compression import THREAD_BYTES, chosen
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving

UNPACK = {"gzip": gzip.decompress, "zstd": zstd.decompress}
# Beyond THREAD_BYTES, and below.
LARGE, MEDIUM, SMALL = "/odata/orders/Rows", "/odata/orders/Rows?$top=50", "/odata/"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    rows = "SELECT 'text ' || i AS a FROM range(3000) t(i)"
    publish(Lake.open_at(home / "lake"), product({"a": "string"}), rows)
    return home


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Client]:
    with serving(home) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0.1, zstd;q=0.1", "zstd"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("*;q=0", None),
        ("identity", None),
        ("gzip;q=nonsense", None),
    ],
)
def test_the_client_chooses(accepted: str, expected: str | None) -> None:
    assert chosen(accepted) == expected


@pytest.mark.parametrize("url", [LARGE, MEDIUM])
@pytest.mark.parametrize("coding", UNPACK)
def test_the_same_rows_and_tag_in_every_coding(served: Client, url: str, coding: str) -> None:
    plain = served.get(url, {"Accept-Encoding": "identity"})
    packed = served.request("GET", url, {"Accept-Encoding": coding})
    body = served.raw(url, {"Accept-Encoding": coding})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == coding
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert int(packed.headers["Content-Length"]) == len(body) < len(plain.content) / 2
    assert UNPACK[coding](body) == plain.content
    assert (len(plain.content) > THREAD_BYTES) == (url == LARGE)


@pytest.mark.parametrize("accepted", ["identity", "gzip", "zstd"])
def test_every_response_says_that_it_varies(served: Client, accepted: str) -> None:
    header = {"Accept-Encoding": accepted}
    first = served.get(LARGE, header)
    again = served.get(LARGE, {**header, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Content-Encoding" not in again.headers
    for answer in (first, again, served.get(SMALL, header)):
        names = [name.strip() for name in answer.headers["Vary"].split(",")]
        assert names.count("Accept-Encoding") == 1
        assert "OData-MaxVersion" in names


def test_small_bodies_stay(served: Client) -> None:
    answer = served.get(SMALL, {"Accept-Encoding": "gzip, zstd"})
    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_head_does_not_say_a_length_that_is_not_so(served: Client) -> None:
    assert (
        "Content-Length" not in served.request("HEAD", LARGE, {"Accept-Encoding": "gzip"}).headers
    )
    plain = served.request("HEAD", LARGE, {"Accept-Encoding": "identity"})
    got = served.get(LARGE, {"Accept-Encoding": "identity"})
    assert plain.headers["Content-Length"] == got.headers["Content-Length"]


def test_it_can_be_switched_off(home: Path) -> None:
    with serving(home, DPHUB_COMPRESS_BYTES="0") as client:
        answer = client.get(LARGE, {"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers
