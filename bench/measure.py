"""What work costs, and how two kinds of work are compared.

CPU seconds are compared, because wall time follows whatever else the machine does. What is compared
runs side by side in every round, in alternating order; a control, the baseline against itself,
shows how much of a difference is noise.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """`peak_mib` is the most memory that the process ever had resident."""

    cpu: float
    wall: float
    peak_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process that ended: its work alone, all of it with its start, and what it told."""

    work: Cost
    total: Cost
    told: dict[str, Any]


def run_child(arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Run `python -m bench.child …`, whose last line is JSON. Raises when it fails."""
    command = [sys.executable, "-m", "bench.child", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as output:
        text = output.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, text)
    told = json.loads(text.splitlines()[-1])
    work = Cost(told.pop("cpu"), told.pop("wall"), told.pop("peak_mib"))
    total = Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, work.peak_mib)
    return Child(work, total, told)


def timed(work: Callable[[], object]) -> Cost:
    """The cost of `work` in this process, all threads."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def cpu_seconds(pid: int) -> float:
    """What a living process has used so far, all threads."""
    # The kernel's number of a process's clock (clock_getcpuclockid): nanoseconds, where
    # /proc tells hundredths of a second.
    return time.clock_gettime((~pid << 3) | 2)


def resident_mib(pid: int | str = "self") -> float:
    return _status(pid, "VmRSS")


def peak_mib(pid: int | str = "self") -> float:
    """Of the program that runs now: not of what the process was before its exec."""
    return _status(pid, "VmHWM")


def interleaved(subjects: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each gives in every round; every second round goes backwards."""
    found: dict[str, list[T]] = {name: [] for name in subjects}
    for number in range(rounds):
        names = list(subjects)
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(subjects[name]())
    return found


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(values: Sequence[float], baseline: Sequence[float]) -> float:
    """The median over the rounds of value / baseline."""
    return median([ours / theirs for ours, theirs in zip(values, baseline, strict=True)])


def quantile(values: Sequence[float], share: float) -> float:
    """Between the neighbours, in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _status(pid: int | str, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"{field} of process {pid}")
