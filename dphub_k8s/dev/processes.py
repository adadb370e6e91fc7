"""Processes under one parent: started, told apart in the log, started again, stopped together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dphub_k8s.dev.repeats import Repeats

STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
# Dying this often within the time, it would die for ever.
DEATHS, WITHIN_SECONDS = 5, 60.0
FIRST_PAUSE_SECONDS = 0.25
EXCUSED_SECONDS = 2.0


class KeepsDying(Exception):
    """A process that no new start helps; the message names it."""


@dataclass
class Program:
    """`deaths` are the moments of the last minute; `due` is when a dead one is started again."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str]
    deaths: list[float] = field(default_factory=list)
    due: float | None = None


@dataclass
class Processes:
    """In the order of their start. Every line that one prints gets its name in front; tracebacks
    that one repeats are left out. While there is an `excuse`, deaths do not count."""

    environment: Mapping[str, str]
    excuse: Callable[[], str | None] = lambda: None
    _programs: list[Program] = field(default_factory=list)

    def start(self, name: str, arguments: Sequence[str], **own: str) -> None:
        """`arguments` are those of this Python; `own` are variables that no other has."""
        environment = {**self.environment, **own}
        process = _spawn(name, arguments, environment)
        self._programs.append(Program(name, arguments, environment, process))

    def dead(self) -> str | None:
        """The first that has ended, and how."""
        ended = (_ended(each) for each in self._programs if each.process.poll() is not None)
        return next(ended, None)

    def tend(self) -> None:
        """Start what has died again: soon, and later when it dies again. Raises KeepsDying."""
        for program in self._programs:
            if program.due is None and program.process.poll() is not None:
                self._mourn(program)
            if program.due is not None and time.monotonic() >= program.due:
                program.due = None
                program.process = _spawn(program.name, program.arguments, program.environment)

    def renew(self, name: str) -> None:
        """Another process in place of the one that is there."""
        for program in self._programs:
            if program.name == name and program.due is None:
                _kill_group(program.process.pid)
                program.process.wait()
                program.process = _spawn(name, program.arguments, program.environment)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to the process group of what is still there in the end."""
        running = [program.process for program in self._programs]
        for process in reversed(running):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
            _kill_group(process.pid)
            process.wait()
        self._programs.clear()

    def _mourn(self, program: Program) -> None:
        """What it has started dies with it: nobody would hear how that ends."""
        _kill_group(program.process.pid)
        now = time.monotonic()
        if excuse := self.excuse():
            program.deaths, program.due = [], now + EXCUSED_SECONDS
            print(f"dphub dev: {_ended(program)}, and {excuse}; it is tried again", flush=True)
            return
        recent = [moment for moment in program.deaths if now - moment < WITHIN_SECONDS]
        program.deaths = [*recent, now]
        if len(program.deaths) >= DEATHS:
            raise KeepsDying(
                f"{_ended(program)}, the {DEATHS}th time within {WITHIN_SECONDS:.0f} s; "
                "what it said is above"
            )
        pause = FIRST_PAUSE_SECONDS * 2.0 ** len(recent)
        program.due = now + pause
        print(f"dphub dev: {_ended(program)}; starting it again in {pause:g} s", flush=True)


def _spawn(
    name: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dphub_k8s.dev.leash", sys.executable, *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C is for the parent, which stops them in order
    )
    threading.Thread(target=_prefix, args=(name, process), daemon=True).start()
    return process


def _ended(program: Program) -> str:
    status = program.process.returncode
    if status < 0:
        return f"{program.name} was killed by {signal.Signals(-status).name}"
    return f"{program.name} has ended with status {status}"


def _kill_group(leader: int) -> None:
    """Also what a process that ended in good order has left behind."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _prefix(name: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    repeats = Repeats()
    with process.stdout as lines:
        for line in lines:
            if shown := repeats.shown(line):
                print(f"{name:>9} | {shown}", end="", flush=True)
