"""What a filter costs over HTTP, against the same statement on the same native file in DuckDB.

    python -m bench.filter [--json] [--rounds N]

One service, one worker: the big joined product, and a million orders. The statements
of the baseline are prepared once, have the values as parameters and the same total order, and are
fetched as tuples; before anything is measured, the keys of both answers are compared. Last, 64
clients ask for pages, entities and counts, all of them different.
"""

import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bench import clients, data, report
from bench.load import Connection
from bench.measure import interleaved, median, ratio, timed
from bench.products import PRODUCTS, build, native, opened
from bench.questions import KEY, Question, of_orders, of_outages
from bench.report import Report
from bench.server import Server
from dphub_serving.settings import ServingSettings
from tests.integration.serving_process import running


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as folder, ExitStack() as stack:
        home, out = Path(folder) / "home", Report(chosen.json)
        sources = data.find(Path(folder) / "sources")
        out.begin("filters over the joined product, and over a million orders", sources)
        build(home, sources.folder, Path(folder) / "orders")
        server = Server(stack.enter_context(running(home)), data.rows(home))
        server.warm(*PRODUCTS)
        files = {PRODUCTS[name]: native(home, name) for name in PRODUCTS}
        threads = ServingSettings.read().threads
        narrow, wide = (stack.enter_context(opened(files, n)) for n in (1, threads))
        for question in [*of_outages(server), *of_orders()]:
            raw = wide if question.wide else narrow
            compare(out, chosen.rounds, server, raw, question)
        clients.tell(out, server)
        out.end()
    return 0


def compare(
    out: Report, rounds: int, server: Server, raw: duckdb.DuckDBPyConnection, question: Question
) -> None:
    prepared = raw.extract_statements(question.statement)[0]

    def fetch() -> list[tuple[object, ...]]:
        return raw.execute(prepared, question.values).fetchall()

    def fetch_often() -> None:
        for _ in range(question.times):
            fetch()

    def ours() -> float:
        return server.milliseconds(lambda: server.fresh(question.path), question.times)

    def theirs() -> float:
        return 1000 * timed(fetch_often).cpu / question.times

    check(server, question, fetch())
    found = interleaved({"ours": ours, "baseline": theirs, "control": theirs}, rounds)
    baseline = found["baseline"]
    told = partial(out.add, unit="CPU ms", baseline=median(baseline))
    # How much of raw DuckDB is left: its CPU to ours.
    share = ratio(baseline, found["ours"])
    told(f"filter.{question.name}", median(found["ours"]), ratio=share, wanted=question.wanted)
    if question.control:
        control = ratio(baseline, found["control"])
        told(f"filter.{question.name}.control", median(found["control"]), ratio=control)


def check(server: Server, question: Question, rows: list[tuple[object, ...]]) -> None:
    """A comparison of different answers would say nothing. Raises ValueError."""
    with Connection(server.port) as connection:
        body = connection.get(question.path).body
    found = json.loads(body)
    if isinstance(found, int):
        ours: list[object] = [found]
    else:
        values = found.get("value", [found])
        ours = [row[KEY[question.product]] for row in values]
    if ours != [row[0] for row in rows]:
        raise ValueError(f"{question.path}: {ours[:3]}, but DuckDB has {rows[:3]}")


if __name__ == "__main__":
    sys.exit(main())
