"""The service beside DuckDB, roapi and datasette: the same questions, the same rows, in one run.

    python -m bench.peers [--json] [--rounds N]

All three servers have the same memory limit. Before anything is measured, answers are compared row
by row. `to_raw` is the same statement on the same native file in DuckDB within this process,
prepared once and fetched as tuples; `to_roapi` and `to_datasette` are those programs over HTTP.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import data, orders, products, report
from bench.peers import of_orders, of_outages, start
from bench.peers.compare import Peers
from bench.products import PRODUCTS
from bench.report import Report
from bench.server import LOOK, PAGE
from dphub_serving.settings import ServingSettings


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as folder, ExitStack() as stack:
        home, scratch, out = Path(folder) / "home", Path(folder) / "others", Report(chosen.json)
        sources = data.find(Path(folder) / "sources")
        out.begin(
            "the service beside others, over the joined product and a million orders", sources
        )
        products.build(home, sources.folder, scratch)
        ours = stack.enter_context(start.ours(home))
        native = {alias: products.native(home, name) for name, alias in PRODUCTS.items()}
        published = {alias: products.rows(home, name) for name, alias in PRODUCTS.items()}
        others = list(start.others(out, stack, published, scratch))
        threads = ServingSettings.read().threads
        narrow, wide = (stack.enter_context(products.opened(native, n)) for n in (1, threads))
        peers = Peers(out, chosen.rounds, narrow, wide, ours, others)
        for question in of_orders.questions(ours):
            peers.compare(question)
        peers.unchanged("orders", f"/odata/{orders.NAME}?$top={PAGE}")
        for question in of_outages.questions(narrow, ours):
            peers.compare(question)
        peers.unchanged("outages", f"{LOOK}?$top={PAGE}")
        peers.memory()
        out.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
