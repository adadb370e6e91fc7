"""HTTP: requests in, documents, events and refusals out."""

import json
import socket
import struct
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from tests.kube.fake import calls, discovery, lists, rights, verbs
from tests.kube.fake.calls import Call
from tests.kube.fake.faults import Fault
from tests.kube.fake.refusal import Doc, NoSuchPath, Refusal
from tests.kube.fake.target import Target

if TYPE_CHECKING:
    from tests.kube.fake.cluster import Server

APPLY = "application/apply-patch+yaml"
MERGE = ("application/merge-patch+json", "application/strategic-merge-patch+json")


class Face(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        cluster = self.server.cluster
        user = cluster.user(self.headers.get("Authorization", ""))
        call = calls.read(cluster.state, self.command, unquote(url.path), query, user or "")
        cluster.calls.append(call)
        fault = cluster.faults.due(call)
        if fault and not fault.done:
            self._fail(fault)
            return
        try:
            if user is None:
                raise Refusal(401, "Unauthorized")
            self._carry_out(call, body, fault)
        except Refusal as refused:
            self._send(refused.code, refused.document)
        except NoSuchPath:
            self._send(404, "404 page not found")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _carry_out(self, call: Call, body: bytes, fault: Fault | None) -> None:
        cluster = self.server.cluster
        known = discovery.answer(cluster.state, call.path.strip("/").split("/"))
        if known is not None:
            self._send(200, known)
            return
        if call.kind is None:
            raise NoSuchPath
        if any(each.forbids(call) for each in cluster.forbidden):
            raise rights.refusal(call)
        if call.verb == "watch":
            state, ended = cluster.state, cluster.stopped.is_set
            self._stream(
                lists.events(
                    state, call.kind, call.namespace, call.query, cluster.bookmark_seconds, ended
                ),
                cut=fault is not None,
            )
            return
        code, document = self._answer(call, body)
        if fault:
            self._reset()
        else:
            self._send(code, document)

    def _answer(self, call: Call, body: bytes) -> tuple[int, Doc]:
        assert call.kind is not None
        state = self.server.cluster.state
        if call.verb == "list":
            return 200, lists.page(state, call.kind, call.namespace, call.query)
        target = Target(call.kind, call.namespace or "", call.name, call.subresource)
        document = _read(body)
        agent = self.headers.get("User-Agent", "").split("/")[0]
        manager = call.query.get("fieldManager", "")
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        with state.changed:
            match call.verb:
                case "get":
                    return 200, state.get(call.kind, target.key).document
                case "create":
                    return 201, verbs.create(state, target, document, manager or agent)
                case "update":
                    return 200, verbs.replace(state, target, document, manager or agent)
                case "patch" if kind == APPLY:
                    force = call.query.get("force") == "true"
                    applied, new = verbs.apply(state, target, document, manager, force)
                    return (201 if new else 200), applied
                case "patch" if kind in MERGE:
                    return 200, verbs.merge(state, target, document, manager or agent)
                case "patch":
                    raise Refusal(415, f"the body of the request was in an unknown format - {kind}")
                case "delete":
                    return 200, verbs.delete(state, target, document)
                case "deletecollection":
                    page = lists.page(state, call.kind, call.namespace, call.query)
                    for item in page["items"]:
                        metadata = item["metadata"]
                        key = metadata.get("namespace", ""), metadata["name"]
                        verbs.delete(state, Target(call.kind, *key), document)
                    return 200, page
                case _:
                    raise Refusal(405, "the server does not allow this method on the resource")

    def _fail(self, fault: Fault) -> None:
        self.server.cluster.stopped.wait(fault.seconds)
        if fault.page:
            self._send(200, fault.page)
            return
        if fault.refusal is None:
            self._reset()
            return
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        self._send(fault.refusal.code, fault.refusal.document, headers)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, code: int, answer: Doc | str, headers: Mapping[str, str] | None = None) -> None:
        text = isinstance(answer, str)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if text else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, events: Iterable[Doc], cut: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            if cut:
                break
        if cut or self.server.cluster.stopped.is_set():
            self._reset()
        else:
            self.wfile.write(b"0\r\n\r\n")


def _read(body: bytes) -> Doc:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        document = yaml.safe_load(body)
    if not isinstance(document, dict):
        raise Refusal(400, "the body is no object")
    return document
