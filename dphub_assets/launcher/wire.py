"""One question, one answer: a JSON object a line each, over a UNIX socket."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Message = dict[str, Any]

ANSWER_SECONDS = 10.0
LONGEST = 65_536


class Unanswered(Exception):
    """Nobody listens, or what came back is no answer."""


def ask(path: Path, question: Message, seconds: float = ANSWER_SECONDS) -> Message:
    """Raises Unanswered. Whoever listens takes a closed connection for a question withdrawn."""
    try:
        with socket.socket(socket.AF_UNIX) as connection, reachable(path) as address:
            connection.settimeout(seconds)
            connection.connect(address)
            send(connection, question)
            return receive(connection)
    except (OSError, ValueError) as error:
        raise Unanswered(f"{path}: {error}") from error


def send(connection: socket.socket, message: Message) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection: socket.socket) -> Message:
    """Raises ValueError for what is no message."""
    with connection.makefile("rb") as lines:
        message = json.loads(lines.readline(LONGEST))
    if isinstance(message, dict):
        return message
    raise ValueError(f"no message: {message!r}")


def listen(path: Path) -> socket.socket:
    """Only this user may ask. What an earlier process has left there goes."""
    listening = socket.socket(socket.AF_UNIX)
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        with reachable(path) as address:
            listening.bind(address)
    finally:
        os.umask(before)
    listening.listen(128)
    return listening


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """The address of a socket is at most 108 bytes; on Linux that of its folder can be short."""
    if sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
