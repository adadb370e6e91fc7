"""Many products at once, in the real hub: `dphub dev` with all its processes.

    python -m bench.many [--json] [--products N] [--shards M]

N small products over 20 pairs of small files are written at once; it is measured how long until
all of them are served, what each process needs when nothing changes, and how long one more product
takes while all the others are there. The baseline of that is the first product, in an empty hub.
With M shards (`DPHUB_SHARDS`) there are M code locations, each a process of its own below.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from bench import report
from bench.load import Connection, request
from bench.measure import median
from bench.report import Report
from dphub_k8s.shards import LOCATION, all_of
from tests.factories import product
from tests.integration.stack import Stack, eventually, running

SOURCES = 20
MORE = 5
IDLE_SECONDS = 20.0
PATIENCE = 3_600.0
SECONDS_FOR_A_THOUSAND = 1_200.0
# Without statuses Dagster looks for ticks of the port that the code location had first.
ENDED = "ticks(limit: 1, statuses: [SKIPPED, SUCCESS, FAILURE]) {skipReason}"
TICKS = f"{{... on Sensors {{results {{sensorState {{{ENDED}}}}}}}}}"


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--products", type=int, default=1_000)
    parser.add_argument("--shards", type=int, default=1)
    chosen = parser.parse_args()
    shards = {"DPHUB_SHARDS": str(chosen.shards)}
    with TemporaryDirectory(prefix="dphub-bench-") as folder:
        out = Report(chosen.json)
        out.begin(f"{chosen.products} products at once, {chosen.shards} code locations", None)
        write_sources(Path(folder) / "data")
        with running(Path(folder), **shards) as stack:
            measure(out, stack, chosen.products)
        with running(Path(folder), **shards) as stack:
            began = time.perf_counter()
            eventually(lambda: served(stack, "more-0"), "it was served", PATIENCE)
            out.add("restart.ready_to_served", time.perf_counter() - began, "s")
            eventually(lambda: settled(stack), "nothing was left to do", PATIENCE)
        out.end()
    return 0


def measure(out: Report, stack: Stack, count: int) -> None:
    alone = apply(stack, "alone")
    began, before = time.perf_counter(), seconds_of(stack)
    for number in range(count):
        stack.put(document(f"many-{number:05}", number % SOURCES))
    eventually(lambda: all_served(stack, count + 1), "all were served", PATIENCE)
    took = time.perf_counter() - began
    spent = {name: now - before.get(name, 0.0) for name, now in seconds_of(stack).items()}
    out.add("many.served", took, "s", wanted=f"<= {SECONDS_FOR_A_THOUSAND / 1000 * count:.0f} s")
    out.add("many.each", took / count, "s", wanted=f"<= {SECONDS_FOR_A_THOUSAND / 1000} s")
    for name, seconds in spent.items():
        out.add(f"many.cpu_each.{name}", seconds / count, "s")
    eventually(lambda: settled(stack), "nothing was left to do", PATIENCE)
    idle(out, stack)
    more = [apply(stack, f"more-{number}") for number in range(MORE)]
    out.add("apply_to_query.p50", median(more), "s", baseline=alone, wanted="<= 2 of an empty hub")


def idle(out: Report, stack: Stack) -> None:
    before = seconds_of(stack)
    time.sleep(IDLE_SECONDS)
    for name, now in seconds_of(stack).items():
        out.add(f"idle.cpu.{name}", (now - before.get(name, now)) / IDLE_SECONDS, "of a core")
    for name, pids in processes(stack).items():
        out.add(f"idle.rss.{name}", sum(map(resident, pids)), "MiB")


def apply(stack: Stack, name: str) -> float:
    began = time.perf_counter()
    stack.put(document(name, 0))
    eventually(lambda: served(stack, name), f"{name} was served", PATIENCE)
    return time.perf_counter() - began


def served(stack: Stack, name: str) -> bool:
    with Connection(stack.port) as connection:
        return connection.ask(request(f"/odata/{name}/Fact?$top=1")).status == 200


def all_served(stack: Stack, count: int) -> bool:
    pointers = stack.home / "lake" / "pointers"
    found = [file for file in pointers.glob("[!.]*") if b'"current"' in file.read_bytes()]
    if len(found) < count:
        time.sleep(1)
        return False
    return all(served(stack, file.stem) for file in found)


def settled(stack: Stack) -> bool:
    """The last tick of every shard that has ended had nothing to say."""
    time.sleep(0.5)
    return all("all as declared" in (said or "") for said in map(partial(last, stack), of(stack)))


def of(stack: Stack) -> list[str]:
    """Its code locations."""
    count = int(stack.environment.get("DPHUB_SHARDS", "1"))
    return [shard.location for shard in all_of(count)]


def last(stack: Stack, location: str) -> str | None:
    """What the last tick of this code location that has ended said."""
    names = f'repositoryLocationName: "{location}", repositoryName: "__repository__"'
    query = f"{{sensorsOrError(repositorySelector: {{{names}}}) {TICKS}}}"
    (sensor,) = stack.graphql(query)["sensorsOrError"]["results"]
    return next((tick["skipReason"] for tick in sensor["sensorState"]["ticks"]), None)


def write_sources(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SOURCES):
        facts = {
            "place": [row % 10 for row in range(100)],
            "value": list(range(number, number + 100)),
        }
        places = {"place": list(range(10)), "name": [f"place {row}" for row in range(10)]}
        pl.DataFrame(facts).write_parquet(folder / f"facts-{number}.parquet")
        pl.DataFrame(places).write_parquet(folder / f"places-{number}.parquet")


def document(name: str, number: int) -> dict[str, Any]:
    return product(
        name,
        domain=f"domain-{number % 10}",
        sources={kind: {"path": f"{kind}-{number}.parquet"} for kind in ("facts", "places")},
        joins=[{"left": "facts", "right": "places", "on": ["place"]}],
        entity="Fact",
        columns={"place": "bigint", "name": "string", "value": "bigint"},
    )


def processes(stack: Stack) -> dict[str, list[int]]:
    """Of the stack, by the name that `dphub dev` calls them; a name has all that it has started."""
    assert stack.process is not None
    found = {"dev": [stack.process.pid]}
    for pid in children(stack.process.pid):
        found.setdefault(_name(pid), []).extend([pid, *descendants(pid)])
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    known = {
        "dphub_serving": "service",
        "webserver": "webserver",
        "daemon": "daemon",
        "warm": "warm",
    }
    location = dict(pairwise(words)).get("--location-name", LOCATION)
    other = "location" if location == LOCATION else location
    return next((known[word] for word in words if word in known), other)


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def children(pid: int) -> list[int]:
    """Threads and processes end while they are looked at."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, (task / "children").read_text().split())
    return found


def seconds_of(stack: Stack) -> dict[str, float]:
    """CPU seconds, with those of children that have ended."""
    return {name: sum(map(_seconds, pids)) for name, pids in processes(stack).items()}


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended: its parent has its time
    return sum(map(int, fields[11:15])) / 100


def resident(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(
        int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")
    )


if __name__ == "__main__":
    sys.exit(main())
