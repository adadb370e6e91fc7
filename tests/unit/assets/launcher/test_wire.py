"""Questions over a UNIX socket: answered, refused, too late."""

import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dphub_assets.launcher import wire


@contextmanager
def answering(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """One question is taken."""
    with wire.listen(path) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(10)


def echo(connection: socket.socket) -> None:
    wire.send(connection, {"heard": wire.receive(connection)})


def test_a_question_is_answered(tmp_path: Path) -> None:
    with answering(tmp_path / "s", echo):
        assert wire.ask(tmp_path / "s", {"run": "1"}) == {"heard": {"run": "1"}}


def test_a_path_may_be_longer_than_an_address(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("longer" * 20)
    folder.mkdir(parents=True)
    with answering(folder / "s", echo):
        assert wire.ask(folder / "s", {"run": "2"}) == {"heard": {"run": "2"}}


def test_only_the_owner_may_ask(tmp_path: Path) -> None:
    with wire.listen(tmp_path / "s"):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(wire.Unanswered, match="No such file"):
        wire.ask(tmp_path / "s", {})


def test_the_socket_of_a_dead_process(tmp_path: Path) -> None:
    wire.listen(tmp_path / "s").close()
    with pytest.raises(wire.Unanswered, match="refused"):
        wire.ask(tmp_path / "s", {})
    with answering(tmp_path / "s", echo):
        assert wire.ask(tmp_path / "s", {}) == {"heard": {}}


def test_no_answer_in_time(tmp_path: Path) -> None:
    with wire.listen(tmp_path / "s"), pytest.raises(wire.Unanswered, match="timed out"):
        wire.ask(tmp_path / "s", {}, seconds=0.05)


@pytest.mark.parametrize("said", [b"", b"no json\n", b"[1]\n"])
def test_what_is_no_answer(tmp_path: Path, said: bytes) -> None:
    def mumble(connection: socket.socket) -> None:
        wire.receive(connection)
        connection.sendall(said)

    with answering(tmp_path / "s", mumble), pytest.raises(wire.Unanswered):
        wire.ask(tmp_path / "s", {})
