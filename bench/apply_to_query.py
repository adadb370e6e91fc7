"""From a saved YAML to rows over OData, in the real hub: `dphub dev` with all its processes.

    python -m bench.apply_to_query [--json] [--samples N]

Products with the example's data are written one after another; then only the page size of each is
changed; then each is deleted. Whoever waits asks the service every 20 ms. The baseline is
`dphub materialize` of the same product, a process of its own beside every sample.
"""

import copy
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench import report
from bench.load import Answer, Connection, request
from bench.measure import ROOT, median, quantile, ratio
from bench.report import Report
from tests.integration.stack import Stack, eventually, example, running_over_the_example

POLL_SECONDS = 0.02
PATIENCE = 120.0
# A run that nobody wanted would be asked for within a few ticks.
TICKS_SECONDS = 3.0
PAGE = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """One product of the series."""

    stack: Stack
    number: int

    @property
    def name(self) -> str:
        return f"outage-{self.number}"

    @property
    def path(self) -> str:
        return f"/odata/{self.name}/SouthAfricaScheduledOutage"

    def document(self) -> dict[str, Any]:
        document = example()
        document["metadata"]["name"] = self.name
        document["spec"]["api"]["path"] = f"/{self.name}"
        return document

    def apply(self) -> float:
        """Seconds from the write until its rows are there."""
        began = time.perf_counter()
        self.write(self.document())
        return self.seconds(began, "?$top=1", lambda answer: _rows(answer) == 1)

    def change_page_size(self) -> float:
        document = copy.deepcopy(self.document())
        document["spec"]["odata"]["page_size"] = PAGE
        began = time.perf_counter()
        self.write(document)
        return self.seconds(began, "", lambda answer: _rows(answer) == PAGE)

    def delete(self) -> float:
        began = time.perf_counter()
        self.remove()
        return self.seconds(began, "?$top=1", lambda answer: answer.status == 404)

    def write(self, document: dict[str, Any]) -> None:
        self.stack.put(document)

    def remove(self) -> None:
        (self.stack.products / f"{self.name}.yaml").unlink()

    def settle(self) -> None:
        """Until the hub has done all that follows from the last change."""
        eventually(lambda: self.stack.ready(self.name), f"{self.name} was ready", PATIENCE)

    def materialize(self, scratch: Path) -> float:
        """Seconds of the whole process that builds the same without the hub."""
        scratch.mkdir(exist_ok=True)
        file = scratch / f"{self.name}.yaml"
        file.write_text(yaml.safe_dump(self.document()))
        folders = ["--home", scratch / self.name, "--data-root", self.stack.data]
        command = [sys.executable, "-m", "dphub_k8s", "materialize", file, *folders]
        began = time.perf_counter()
        subprocess.run(list(map(str, command)), check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    def seconds(self, began: float, options: str, done: Callable[[Answer], bool]) -> float:
        """Raises TimeoutError."""
        asked = request(self.path + options)
        with Connection(self.stack.port) as connection:
            while not done(answer := connection.ask(asked)):
                if time.perf_counter() - began > PATIENCE:
                    log = "".join(self.stack.log[-20:])
                    raise TimeoutError(f"{self.name}: {answer.status} {answer.body!r}\n{log}")
                time.sleep(POLL_SECONDS)
        return time.perf_counter() - began


@dataclass(slots=True)
class Seconds:
    """Of every sample, in the same order."""

    applied: list[float] = field(default_factory=list)
    materialized: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    deleted: list[float] = field(default_factory=list)


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--samples", type=int, default=10)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as folder:
        out = Report(chosen.json)
        out.begin("from YAML to rows, the small example", None)
        began = time.perf_counter()
        with running_over_the_example(Path(folder) / "hub") as stack:
            out.add("dev.start_to_ready", time.perf_counter() - began, "s")
            samples = [Sample(stack, number) for number in range(chosen.samples)]
            tell(out, measured(samples, Path(folder)))
        out.end()
    return 0


def measured(samples: list[Sample], scratch: Path) -> Seconds:
    found = Seconds()
    for sample in samples:
        found.applied.append(sample.apply())
        sample.settle()
        found.materialized.append(sample.materialize(scratch / "once"))
        found.again.append(sample.materialize(scratch / "again"))
    stack = samples[0].stack
    runs = len(stack.runs())
    for sample in samples:
        found.changed.append(sample.change_page_size())
    time.sleep(TICKS_SECONDS)
    if len(stack.runs()) != runs:
        raise AssertionError(f"a page size made {len(stack.runs()) - runs} runs")
    for sample in samples:
        found.deleted.append(sample.delete())
    return found


def tell(out: Report, found: Seconds) -> None:
    alone = found.materialized

    def told(name: str, seconds: list[float], half: str, most: str) -> None:
        baseline = median(alone)
        out.add(
            f"{name}.p50",
            median(seconds),
            "s",
            baseline=baseline,
            ratio=ratio(seconds, alone),
            wanted=half,
        )
        out.add(f"{name}.p95", quantile(seconds, 0.95), "s", baseline=baseline, wanted=most)

    out.add("apply_to_query.first", found.applied[0], "s", baseline=alone[0])
    told("apply_to_query", found.applied, "<= 4 s; to dphub materialize", "<= 8 s")
    told("page_size_to_query", found.changed, "<= 2 s, no run", "<= 2 s, no run")
    told("delete_to_404", found.deleted, "<= 5 s", "<= 5 s")
    control = ratio(found.again, alone)
    out.add("materialize.control", median(found.again), "s", baseline=median(alone), ratio=control)


def _rows(answer: Answer) -> int | None:
    return len(json.loads(answer.body)["value"]) if answer.status == 200 else None


if __name__ == "__main__":
    sys.exit(main())
