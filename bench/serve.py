"""The service, one worker, over the big product: what requests cost, and against what.

    python -m bench.serve [--json] [--rounds N]

The load comes from this process and is not counted; the server's CPU is what the kernel says of it.
Answers per CPU second are held against the same statement on the same native file in DuckDB within
this process, prepared once and fetched as tuples; `with_count` counts the rows too, on both sides.
What has no such statement is held against `/livez`, an answer of the same service without data.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench import data, raw, report, start
from bench.measure import interleaved, median, peak_mib, ratio, run_child, timed
from bench.raw import Raw
from bench.report import Report
from bench.server import DEEP, LATEST, PAGE, Server
from dphub_serving.settings import ServingSettings
from tests.integration.serving_process import running


@dataclass(frozen=True, slots=True)
class Bench:
    """`narrow` has one thread and `wide` has all, as the service has for pages and for scans."""

    out: Report
    rounds: int
    server: Server
    narrow: Raw
    wide: Raw

    def compare(
        self,
        name: str,
        unit: str,
        ours: Callable[[], float],
        baseline: Callable[[], float],
        wanted: str = "",
    ) -> None:
        found = interleaved({"ours": ours, "baseline": baseline}, self.rounds)
        pairs = found["ours"], found["baseline"]
        numbers = {"baseline": median(pairs[1]), "ratio": ratio(*pairs)}
        self.out.add(f"serve.{name}", median(pairs[0]), unit, **numbers, wanted=wanted)


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as folder, ExitStack() as stack:
        scratch, out = Path(folder), Report(chosen.json)
        sources = data.find(scratch / "sources")
        out.begin("service over the joined product", sources)
        start.tell(out, scratch / "start", chosen.rounds)
        home = scratch / "home"
        rows = built(home, sources.folder)
        service = stack.enter_context(running(home))
        with raw.opened(rows, threads=1) as parquet:
            server = Server(service, parquet.count())
        server.warm(data.NAME)
        (native,) = (home / "cache").glob(f"*{raw.NATIVE}")
        narrow = stack.enter_context(raw.opened(native, threads=1))
        wide = stack.enter_context(raw.opened(native, ServingSettings.read().threads))
        bench = Bench(out, chosen.rounds, server, narrow, wide)
        out.add("serve.rows", server.rows, "rows")
        rates(bench)
        small(bench)
        pages(bench)
        links(bench)
        out.add("serve.peak_resident", peak_mib(service.pid), "MiB")
        out.end()
    return 0


def built(home: Path, sources: Path) -> Path:
    """The file with the rows of a fresh snapshot of the big product."""
    home.mkdir()
    document = home / "product.yaml"
    document.write_text(yaml.safe_dump(data.product()))
    folders = {"DPHUB_HOME": str(home), "DPHUB_DATA_ROOT": str(sources)}
    run_child(["materialize", str(document)], folders)
    (rows,) = (home / "lake" / "tables" / data.NAME).glob("*.parquet")
    return rows


def rates(bench: Bench) -> None:
    server, unit = bench.server, "requests/s"
    alive = partial(server.rate, lambda: "/livez", 3000)
    repeated = partial(server.rate, server.first_page, 3000)
    bench.compare("repeated_top100", unit, repeated, alive, ">= 1000/s; to /livez")
    distinct = partial(server.rate, server.random_page, 500)
    bench.compare("distinct_top100", unit, distinct, alive, ">= 600/s; to /livez")


def small(bench: Bench) -> None:
    """What is asked most often: has anything changed, and one entity."""
    server = bench.server
    unchanged = partial(server.milliseconds_unchanged, 3000)
    alive = partial(server.milliseconds, lambda: "/livez", 3000)
    bench.compare("not_modified", "CPU ms", unchanged, alive, "<= 0.3 ms; to /livez")
    entities = server.random_entities(200)

    def entity() -> str:
        return server.fresh(server.address(next(entities)))

    def find() -> None:
        bench.narrow.find(*next(entities).values)

    ours = partial(server.milliseconds, entity, 200)
    plain = partial(milliseconds, find, 200)
    bench.compare("key_lookup", "CPU ms", ours, plain, "<= 1.5 ms; to raw")


def pages(bench: Bench) -> None:
    """Answers per CPU second, so that the ratio is how much of raw DuckDB is left."""
    server, narrow, wide, unit = bench.server, bench.narrow, bench.wide, "answers/CPU s"

    def per_second(ask: Callable[[], str], count: int) -> Callable[[], float]:
        return lambda: 1000 / server.milliseconds(lambda: server.fresh(ask()), count)

    def raw_per_second(work: Callable[[], object], count: int) -> Callable[[], float]:
        return lambda: 1000 / milliseconds(work, count)

    def latest() -> None:
        wide.latest(PAGE)

    def latest_and_count() -> None:
        wide.latest(PAGE)
        wide.count()

    def deep() -> None:
        narrow.page(DEEP, PAGE)

    def deep_and_count() -> None:
        narrow.page(DEEP, PAGE)
        narrow.count()

    def deep_without_key() -> None:
        narrow.bare_page(DEEP, PAGE)

    def anywhere() -> None:
        narrow.page(server.random_position(), PAGE)

    for name, options, work, count in (
        ("orderby_day_desc", LATEST, latest, 10),
        ("orderby_day_desc_with_count", f"{LATEST}&$count=true", latest_and_count, 10),
        ("skip_5000000", f"$skip={DEEP}", deep, 150),
        ("skip_5000000_with_count", f"$skip={DEEP}&$count=true", deep_and_count, 150),
        ("skip_5000000_to_no_key", f"$skip={DEEP}", deep_without_key, 150),
    ):
        asked = partial(server.top, options)
        wanted = "to raw without the key" if work is deep_without_key else ">= 0.75 of raw"
        bench.compare(name, unit, per_second(asked, count), raw_per_second(work, count), wanted)
    ours = per_second(server.random_page, 150)
    bench.compare("page_anywhere", unit, ours, raw_per_second(anywhere, 150), "to raw")
    for name, work, count in (("orderby_day_desc", latest, 10), ("skip_5000000", deep, 150)):
        plain = raw_per_second(work, count)
        bench.compare(f"{name}_control", unit, plain, plain, "raw to raw")


def links(bench: Bench) -> None:
    """A page behind a link costs the same wherever it is."""
    server, unit = bench.server, "CPU ms/page"
    for name, options, count in (("stored_order", "", 100), ("orderby_day_desc", LATEST, 10)):
        first = partial(server.milliseconds_a_link, options, 0, count)
        last = partial(server.milliseconds_a_link, options, server.end(count), count)
        bench.compare(f"links_at_end_{name}", unit, last, first, "ratio ~ 1; to the start")
        bench.compare(f"links_control_{name}", unit, first, first, "the start to itself")


def milliseconds(work: Callable[[], object], count: int) -> float:
    """CPU of this process for each of so many."""

    def several() -> None:
        for _ in range(count):
            work()

    return 1000 * timed(several).cpu / count


if __name__ == "__main__":
    sys.exit(main())
