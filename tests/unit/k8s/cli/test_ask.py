"""`dphub query` against a real server that answers what it is told to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.unit.k8s.cli.conftest import Dphub


class Service(HTTPServer):
    status = 200
    kind = "application/json"
    body = ""
    asked = ""


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked = self.path
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, here: object) -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("DPHUB_URL", f"http://127.0.0.1:{server.server_port}/")
        yield server
        server.shutdown()


def test_rows_become_a_table(dphub: Dphub, service: Service) -> None:
    rows = [{"id": "a~0", "day": 3, "city": None}, {"id": "b~0", "day": 14, "city": "Cape Town"}]
    service.body = json.dumps(
        {"@odata.context": "x", "@odata.count": 6884411, "value": rows, "@odata.nextLink": "y"}
    )
    run = dphub("query", "/outages", "--top", "2", "--orderby", "day desc", "--select", "id,day")
    assert service.asked == "/odata/outages?$top=2&$select=id,day&$orderby=day%20desc"
    assert run.out.splitlines() == [
        "id   day  city",
        "a~0  3    -",
        "b~0  14   Cape Town",
    ]
    assert run.err == "2 of 6,884,411 rows, more follow\n"


def test_one_row_is_a_table_too(dphub: Dphub, service: Service) -> None:
    service.body = json.dumps({"@odata.context": "x", "id": "a~0", "day": 3})
    assert dphub("query", "outages('a~0')").out.splitlines() == ["id   day", "a~0  3"]


def test_no_rows_are_no_failure(dphub: Dphub, service: Service) -> None:
    service.body = json.dumps({"value": []})
    run = dphub("query", "outages", "--count")
    assert (run.status, run.err) == (0, "0 rows\n")
    assert service.asked == "/odata/outages?$count=true"


def test_json_and_text_are_printed_as_they_are(dphub: Dphub, service: Service) -> None:
    service.body = json.dumps({"value": [{"a": "ü"}]})
    printed = dphub("query", "outages", "-o", "json").out
    assert json.loads(printed) == {"value": [{"a": "ü"}]}
    assert "ü" in printed
    service.kind, service.body = "text/plain", "6884411"
    assert dphub("query", "outages/Set/$count").out == "6884411\n"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (
            400,
            {"error": {"code": "BadOption", "message": "$tp?", "details": [{"message": "$top"}]}},
            "the service answered 400: BadOption: $tp?; $top",
        ),
        (404, {"error": "gone"}, 'the service answered 404: {"error": "gone"}'),
        (503, "", "the service answered 503: Service Unavailable"),
    ],
)
def test_errors_are_told(
    dphub: Dphub, service: Service, status: int, body: object, message: str
) -> None:
    service.status, service.body = status, json.dumps(body) if body else ""
    run = dphub("query", "outages")
    assert (run.status, run.err) == (1, f"dphub: {message}\n")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:9", "no service answers at http://127.0.0.1:9"),
        ("127.0.0.1:9", "dphub: "),
        ("http://[", "dphub: "),
    ],
)
def test_an_unreachable_service_is_told(dphub: Dphub, url: str, message: str) -> None:
    run = dphub("query", "outages", "--url", url)
    assert (run.status, len(run.err.splitlines())) == (1, 1)
    assert message in run.err
