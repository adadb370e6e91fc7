"""`python -m dphub_assets warm`: a process that has everything loaded and forks run workers.

It stays single-threaded and opens neither a database nor a channel: a child inherits memory, and
nothing that two processes must not share. Children end with it; the next one knows nothing of them.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dphub_assets.launcher import wire, worker
from dphub_assets.launcher.warm import SOCKET
from dphub_assets.launcher.wire import Message

PR_SET_PDEATHSIG = 1
# What a run imports only once it is under way.
LATER = (
    "dphub_assets.definitions",
    "dagster._core.executor.in_process",
)

# Settings of the allocators of deltalake and pyarrow, each of which would start a thread.
ALLOCATORS = ("_RJEM_MALLOC_CONF", "JE_ARROW_MALLOC_CONF")


def main(_arguments: list[str]) -> int:
    """Serve the socket named by DPHUB_WARM_SOCKET until SIGTERM."""
    Forks(Path(os.environ[SOCKET])).serve()
    return 0


def preload() -> None:
    for allocator in ALLOCATORS:
        said = os.environ.get(allocator)
        os.environ[allocator] = ",".join(filter(None, (said, "background_thread:false")))
    for module in LATER:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page


@dataclass
class Forks:
    """`_runs` are the children that live, run ids by process id."""

    path: Path
    _runs: dict[int, str] = field(default_factory=dict)
    _open: list[socket.socket] = field(default_factory=list)

    def serve(self) -> None:
        preload()
        listening, (ended, signalled) = wire.listen(self.path), socket.socketpair()
        self._open = [listening, ended, signalled]
        signalled.setblocking(False)
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        for each in (listening, ended):
            selector.register(each, selectors.EVENT_READ)
        _say("ready to fork run workers")
        while True:
            for key, _ in selector.select():
                if key.fileobj is ended:
                    ended.recv(4096)
                    self._bury()
                else:
                    self._answer(listening.accept()[0])

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(wire.ANSWER_SECONDS / 2)
            try:
                question = wire.receive(connection)
            except (OSError, ValueError) as error:
                _say(f"a question could not be read: {error}")
                return
            if _withdrawn(connection):
                return
            answer, undo = self._done(question, connection)
            try:
                wire.send(connection, answer)
            except OSError:
                undo()  # nobody knows of the child; the run is launched in another way

    def _done(
        self, question: Message, connection: socket.socket
    ) -> tuple[Message, Callable[[], None]]:
        match question:
            case {"run": str(run_id)}:
                if (threads := _threads()) > 1:
                    # A lock that another thread holds would stay locked in the child.
                    return {
                        "error": f"it has {threads} threads, and so forks nothing"
                    }, lambda: None
                pid = self._fork(partial(worker.work, run_id), connection)
                self._runs[pid] = run_id
                return {"pid": pid}, lambda: os.kill(pid, signal.SIGKILL)
            case {"terminate": str(run_id)}:
                found = [pid for pid, run in self._runs.items() if run == run_id]
                for pid in found:
                    os.kill(pid, signal.SIGTERM)
                return {"terminated": bool(found)}, lambda: None
            case _:
                return {"error": f"no such question: {question!r}"}, lambda: None

    def _bury(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run_id = self._runs.pop(pid, None)
            if run_id and status:
                self._fork(partial(worker.mourn, run_id, status))

    def _fork(self, deed: Callable[[], None], connection: socket.socket | None = None) -> int:
        """The process id of a child that does `deed` and ends."""
        parent = os.getpid()
        if pid := os.fork():
            return pid
        status = 1
        try:
            _leash(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (*self._open, connection):
                if each:
                    each.close()
            deed()
            status = 0
        except BaseException:  # noqa: BLE001  whatever it is, the parent learns of it by the status
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)


def _threads() -> int:
    """Those of native libraries too, where the system tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def _withdrawn(connection: socket.socket) -> bool:
    """Whether the asker has closed the connection: it waits for no answer any more."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.setblocking(True)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _leash(parent: int) -> None:
    """On Linux the child gets SIGTERM when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
